from .money import Currency, price_of


class Basket:
    """What somebody is about to buy."""

    def __init__(self, parcels=()):
        self.parcels = list(parcels)
        self.voucher = None

    def redeem(self, voucher):
        if self.voucher is not None:
            raise ValueError("one voucher is enough")
        self.voucher = voucher

    def total(self):
        return Currency(price_of(self.parcels, self.voucher))

    def receipt(self):
        rows = [f"{parcel.name}: {Currency(price_of([parcel])).written()}" for parcel in self.parcels]
        rows.append(f"total: {self.total().rounded_up().written()}")
        return "\n".join(rows)

    def heaviest(self):
        return max(self.parcels, key=lambda parcel: parcel.weight, default=None)
