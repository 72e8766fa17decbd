"""The screens of a small shop in three generations: on a terminal, in a window, in a page."""

TERMINAL = """from terminal import at, ask


class Till:
    def add_line(self, article, count):
        price = self.prices.find(article.number)
        at(3, 1, article.title)
        at(3, 40, price * count)
        self.total += price * count
        at(20, 40, self.total)

    def pay(self, customer):
        given = ask(22, 1, self.total)
        at(22, 40, given - self.total)
        self.journal.write(customer.number, self.total)
        self.total = 0

    def close_day(self):
        for entry in self.journal.entries:
            at(entry.row, 1, entry.customer)
            at(entry.row, 40, entry.total)
        self.journal.close()


def show_stock(shelf, limit):
    for place, article in enumerate(shelf.articles):
        if article.count < limit:
            at(place, 1, article.title)
            at(place, 40, article.count)


def greet(name):
    at(1, 1, name)
"""
WINDOW = """from window import open_window


def list_orders(orders, since):
    frame = open_window(orders.title)
    for order in orders.after(since):
        frame.add_row(order.number, order.customer, order.total)
    frame.show()
    return frame


def print_label(parcel):
    frame = open_window(parcel.number)
    frame.add_row(parcel.street, parcel.town, parcel.grams)
    frame.send(parcel.printer)
    return frame
"""
PAGE = """from page import get_page


class Till:
    def add_line(self, article, count):
        price = self.prices.find(article.number)
        page = get_page(self)
        page.append_row(article.title, price * count)
        self.total += price * count
        page.set_text(self.total)

    def pay(self, customer):
        page = get_page(self)
        page.on_pay(lambda given: page.set_text(given - self.total))
        self.journal.write(customer.number, self.total)
        self.total = 0

    def close_day(self):
        report = get_page(Report)
        report.send_mail(address, subject, attachment)
        report.archive(folder, year, month, compress)


def show_stock(shelf, limit):
    page = get_page(shelf)
    for article in shelf.articles:
        if article.count < limit:
            page.append_row(article.title, article.count)


def greet(name):
    get_page(name)
"""
ORDERS = """from page import get_page


def list_orders(orders, since):
    page = get_page(orders)
    page.set_title(orders.title)
    for order in orders.after(since):
        page.append_row(order.number, order.customer, order.total)
    return page


def print_label(parcel):
    page = get_page(parcel)
    page.append_row(parcel.street, parcel.town, parcel.grams)
    page.send(parcel.printer)
    return page
"""
LABELS = """from page import get_page


def print_label(parcel):
    page = get_page(parcel)
    page.append_row(parcel.number, parcel.town, parcel.street)
    page.print_on(parcel.printer, parcel.grams)
    return page
"""
BOTH = """from page import get_page
from window import open_window


def list_returns(returns):
    frame = open_window(returns.title) if returns.urgent else get_page(returns)
    for parcel in returns.parcels:
        frame.append_row(parcel.number, parcel.customer)
    return frame
"""
OLD = {"till.py": TERMINAL, "orders.py": WINDOW}
"""One repository, which is `legacy`."""
NEW = {"till.py": PAGE, "web/orders.py": ORDERS, "web/labels.py": LABELS, "returns.py": BOTH}
"""Another: `till.py` stands in both."""
LABELLED = [
    {"value": "terminal", "sign": [{"calls": "at"}]},
    {"value": "window", "supersedes": ["terminal"], "sign": [{"calls": "open_window"}]},
    {"value": "page", "supersedes": ["window"], "sign": [{"imports": "page"}]},
]
