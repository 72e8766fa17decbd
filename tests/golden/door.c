/* Doors of the shop. */
#include <stdio.h>
#include "lock.h"

#define MOST 3
#define WIDER(x) ((x) + 1)

/* What a door is. */
typedef struct {
    int width;
    struct lock *lock;
} door_t;

enum state { OPEN, SHUT };
static int count = 0;

/* Opens a door
 * if it is not open yet. */
static int open_door(door_t *door, int at) {
    if (lock_state(door->lock) == OPEN) {
        return WIDER(at);
    }
    count += 1;
    door->lock->turn(at, MOST);
    printf("open %d\n", at);
    return at;
}
