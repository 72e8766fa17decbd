import Lock, { turn as rotate } from "./lock"
const path = require("node:path")
export * from "./things"

// How many at most.
const MOST = 3

/**
 * Opens a door.
 */
export function open(door, at = 1) {
  return rotate(door.lock, at).then(() => new Lock(at))
}

// Greets.
export const greet = async (name) => {
  const place = await import("./place.js")
  return `hello ${name} at ${place.name(path.join("a", name))}`
}

class Door extends Thing {
  static width = 1
  #lock = null

  // Closes it.
  close() {
    return <div className="door">{this.name}</div>
  }

  shut = () => this.close()
}

/** Takes it off its hinges. */
Door.prototype.lift = function lift(hands) {
  return hands.hold(this)
}

module.exports = { open, Door }
