# frozen_string_literal: true

require "set"
require_relative "../lock"

# A module.
# Two lines.
module Shop
  MOST = 3

  # A door.
  class Door < Base::Thing
    has_many :locks, dependent: :destroy
    attr_reader :name

    # Opens it.
    private def open(at, by = 2)
      locks.each do |lock|
        lock.turn(at) if lock.closed?
      end
      Sign.new("open #{name}", size: by)
    end

    def self.one = 1
    def empty; end
  end
end
