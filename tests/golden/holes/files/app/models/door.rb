class Door < ApplicationRecord
  has_many :locks, dependent: :destroy
  validates :width, numericality: { greater_than: 0 }

  def shut?
    locks.merge(Lock.turned).any?
  end

  def open_with(key)
    locks.each { |lock| lock.turn!(key) if lock.fits?(key) }
    shut? ? :shut : :open
  end
end
