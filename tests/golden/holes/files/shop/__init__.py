from .basket import Basket
from .money import Currency, price_of

__all__ = ["Basket", "Currency", "price_of"]
