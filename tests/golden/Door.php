<?php

namespace App\Doors;

use App\Locks\Lock;
use App\Things as Stuff;

require_once 'lock.php';

/**
 * A door.
 */
class Door extends Thing implements Opens
{
    const MOST = 3;
    private $name = 'front';

    public function __construct(string $name)
    {
        $this->name = $name;
    }

    // Opens it.
    public function open(int $at): int
    {
        $lock = new Lock($at);
        $lock->turn(self::MOST);
        Stuff\log(static::describe($this->name));
        return strlen($this->name) + $at;
    }
}

interface Opens
{
    public function open(int $at): int;
}

trait Shuts
{
}

function alone(array $rows): int
{
    return count($rows);
}
