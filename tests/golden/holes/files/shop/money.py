"""Money, in whole cents."""

RATE = 3


def price_of(parcels, voucher=None):
    """What the parcels cost together, less what a voucher takes off."""
    total = sum(parcel.weight * RATE for parcel in parcels)
    return total - (voucher.discount if voucher else 0)


class Currency:
    """An amount that knows how it is written."""

    def __init__(self, cents, sign="€"):
        self.cents = cents
        self.sign = sign

    def rounded_up(self):
        return Currency(-(-self.cents // 100) * 100, self.sign)

    def written(self):
        return f"{self.cents / 100:.2f} {self.sign}"
