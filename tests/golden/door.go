// Package shop has doors.
package shop

import (
	"fmt"
	locks "example.org/shop/locks"
)

const most = 3

var first, last = 1, 2

// Door is one.
type Door struct {
	Name  string
	Width int
}

// Opener opens.
type Opener interface {
	Open(at int) error
}

// Open opens the door.
func (d *Door) Open(at int) error {
	if at > most {
		return fmt.Errorf("too wide: %d", at)
	}
	lock := locks.New(d.Name)
	defer lock.Close()
	return lock.Turn(func() int { return at })
}

func alone[T any](rows []T) int { return len(rows) }
