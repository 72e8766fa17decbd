using System.Text;
using Shop.Locks;

namespace Shop.Doors
{
    /// <summary>A door.</summary>
    [Serializable]
    public class Door : Thing
    {
        private const int Most = 3;
        public string Name { get; set; }

        public Door(string name)
        {
            Name = name;
        }

        // Opens it.
        public int Open(int at)
        {
            Console.WriteLine($"open {Name}");
            var keyhole = new Keyhole(at);
            return keyhole.Turn<int>(Most);
        }

        public int Twice(int at) => Open(at) + Open(at);
    }

    public interface ILock
    {
        void Turn();
    }

    public enum State { Open, Shut }

    public record Sign(string Text, int Size);

    struct Place { public int Row; }
}
