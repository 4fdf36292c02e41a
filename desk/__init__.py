"""The page at `make demo`: a pump and a vending machine, Mercado Pago, customers' phones and the wire, on one port.

- ``page/`` what a browser loads
- ``app`` the page, the machines and the simulator put together; ``qr`` a box's code as a picture
- ``machines`` the machines and their routes; ``outlet`` a machine and its plug; ``hands`` what scenarios do at one
- ``pump``, ``vending`` the two kinds; ``machine`` what they have in common; ``cabinet`` what stays when the power goes
- ``seller`` the rules for a box; ``lookout`` the orders of earlier sales; ``box_api`` the box API's calls
- ``journal`` what was to be done, on the disk; ``sales`` what it tells
- ``goods`` prices and products, country by country
"""
