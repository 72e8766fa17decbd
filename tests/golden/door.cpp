#include <vector>
#include "shop/lock.hpp"

namespace shop {

// A door that
// somebody made.
template <typename T>
class Door : public Thing {
public:
    explicit Door(int width) : width_(width) {}
    ~Door();

    // How wide.
    int width() const { return width_; }
    virtual void open() = 0;

private:
    int width_;
};

enum class Color { Red, Green };
using Name = std::string;
constexpr int kMost = 3;

int Wall::close(std::vector<int> &rows) {
    auto door = new Gate(1);
    std::sort(rows.begin(), rows.end());
    auto wider = [](int at) { return at + kMost; };
    return convert<int>(wider(door->width()));
}

}  // namespace shop
