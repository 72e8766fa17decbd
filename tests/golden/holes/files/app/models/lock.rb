# What keeps a door shut.
class Lock < ApplicationRecord
  belongs_to :door

  scope :turned, -> { where(turned: true) }

  def turn!(key)
    raise WrongKey, key unless fits?(key)
    update!(turned: !turned)
  end

  def fits?(key)
    key.teeth == teeth
  end
end
