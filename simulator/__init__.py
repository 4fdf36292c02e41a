"""Mercado Pago's side of the unattended QR model, and a customer's phone, in one process.

The rooms, each with one sentence:

==================  ==================================================================================
``country``         what differs between countries: currency, decimals, cities, categories
``exact_json``      JSON whose numbers keep their exact digits
``settings``        everything about the simulated account that can be switched while it runs
``instants``        dates as Mercado Pago writes them
``api``             what every route shares: a JSON body in, a JSON answer out, a page of a list
``errors``          Mercado Pago's own refusals, in Mercado Pago's own shapes
``account``         one seller's account: every record there is, in memory, behind one object
``stores``          branches: create, look up, change, delete
``pos``             boxes as Mercado Pago knows them, with the URL it polls
``pos_rules``       what a box must look like before Mercado Pago keeps it
``poll_answers``    what the merchant answered to a poll, judged as strictly as Mercado Pago would
``merchant_orders`` one aggregate per scan that saw an amount, and its money
``payments``        single payments inside merchant orders
``refunds``         giving a payment back, once per idempotency key
``notifications``   hints to the merchant, in every dialect, repeated until acknowledged
``wallet``          a customer's phone: scan, wait, pay, be rejected, walk away
``forge``           merchant orders of any shape, for tests of whoever reads them
``errands``         work beside the answers, which ends with the process
``outbound``        one HTTP call to the merchant, within a time and a size limit
``wire``            everything that was said, in order, without secrets
``rude``            the next answers of the API, spoilt on purpose
``control``         the switches under ``/sim/``
``gate``            who gets in: every call noted, and answered only with the account's token
``app``             the routes of the API put together
``server``          the process: a port, a start, a clean end
``client``          a typed client of the control API, for demos and tests
==================  ==================================================================================

Nothing here was compared with the live service. What Mercado Pago's documents leave open is a value in
``settings`` or data in ``country``, not code.
"""
