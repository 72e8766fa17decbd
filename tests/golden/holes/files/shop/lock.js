exports.turn = function turn(lock, key) {
  return lock.teeth === key.teeth
}
