"""Mercado Pago's side of the unattended QR model, and a customer's phone, in one process.

The rooms, each with one sentence:

==================  ==================================================================================
``country``         what differs between countries: currency, decimals, cities, categories
``exact_json``      JSON whose numbers keep their exact digits
``settings``        everything about the simulated account that can be switched while it runs
``faults``          what can go wrong, by name: sets of settings, switched on and off
``instants``        dates as Mercado Pago writes them
``clock``           real time and what was added to it; all waits run on it
``api``             what every route shares: a JSON body in, a JSON answer out, a page of a list
``errors``          Mercado Pago's own refusals, in Mercado Pago's own shapes
``account``         one seller's account: every record there is, in memory, behind one object
``records``         merchant orders by number and by external_reference
``retention``       which records are forgotten, so that memory stays flat
``past``            what was true a while ago, for reads that lag
``stores``          branches: create, look up, change, delete
``pos``             boxes as Mercado Pago knows them, with the URL it polls
``pos_rules``       what a box must look like before Mercado Pago keeps it
``qr_images``       pictures of the boxes' QR codes
``poll_answers``    what the merchant answered to a poll, judged as strictly as Mercado Pago would
``merchant_orders`` one aggregate per scan that saw an amount, and its money
``payments``        single payments inside merchant orders
``refunds``         giving a payment back, once per idempotency key
``notifications``   hints to the merchant, in every dialect: what they say
``deliveries``      how hints are brought: held back, repeated until acknowledged, out of order
``signatures``      the header that comes with a hint, if one does
``wallet``          a customer's phone: scan, wait, pay, be rejected, walk away
``scenarios/``      what is played with phones and a box, one at a time per box: plays, stage, box, runs, texts
``forge``           merchant orders of any shape, for tests of whoever reads them
``errands``         work beside the answers, which ends with the process
``outbound``        one HTTP call to the merchant, within a time and a size limit
``wire``            everything that was said, in order, without secrets
``events``          what changes, told to everybody who listens
``rude``            the next answers of the API, spoilt on purpose
``outages``         the API on a bad day, until the day is over
``control``         what is done under ``/sim/``: phones, forgeries, a fresh start
``switches``        the switches under ``/sim/``: settings, faults, the clock, rude answers
``listening``       the wire and the events under ``/sim/``
``gate``            who gets in: every call noted, and answered only with the account's token
``app``             the routes of the API put together, and others beside them
``server``          the process: a port, a start, a clean end
``client``          a typed client of the control API, for demos and tests
``phone``           one phone of that client: what it shows, what it does
``pytest_plugin``   a running simulator as a fixture
==================  ==================================================================================

Nothing here was compared with the live service. What Mercado Pago's documents leave open is a value in
``settings`` or data in ``country``, not code.
"""
