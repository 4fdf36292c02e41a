"""The page at `make demo`: a pump and a vending machine, Mercado Pago, customers' phones and the wire, on one port."""
