import type { Lock } from "./lock"

/** What opens. */
export interface Opens {
  name: string
  open(at: number): void
}

// A door.
export abstract class Door<T> implements Opens {
  private width: number = 1

  constructor(public name: string, private lock: Lock) {
    super()
  }

  open(at: number): void {
    this.lock.turn(at as number, MOST)
  }

  abstract shut(): void
}

enum Color { Red, Green }
type Name = string | number
export const MOST = 3
namespace shop {
  export function alone(rows: string[]): number { return count<string>(rows) }
}
declare function count<T>(rows: T[]): number
