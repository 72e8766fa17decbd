package shop;

import java.util.List;
import static shop.Locks.turn;
import shop.things.*;

/**
 * A door.
 */
@Entity
public class Door extends Thing implements Opens {
    static final int MOST = 3;
    private String name;

    /** Made with its name. */
    public Door(String name) {
        this.name = name;
    }

    // Opens it.
    @Override
    public int open(int at) {
        turn(name);
        List<Lock> locks = new ArrayList<Lock>();
        locks.forEach(lock -> lock.turn(at));
        return this.wider(at) + MOST;
    }

    interface Opens { int open(int at); }
    enum State { OPEN, SHUT }
    record Sign(String text, int size) {}
}
