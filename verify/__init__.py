"""The acceptance run: Mercado Pago's homologation cases, played against any merchant's poll URL.

The rooms, each with one sentence:

=======================  ===========================================================================================
``rules``                what an answer is measured by: country, seller, dialect, times, words
``exchanges``            one question and its answer, byte for byte, and how it is shown without keys
``asker``                asks over HTTP as Mercado Pago does
``transport_checks``     what is checked of any answer: time, status, headers, encoding; pure
``order_checks``         what is checked of an order: fields, types, amounts, sums, addresses; pure
``answers``              what an answer means, read leniently, with all that is wrong with it; pure
``findings``             every finding there is, by its code, and how grave it is
``drivers``              how the box is moved: by a program or by a person
``caja_box``             how it is moved by the box API of caja
``local_box``            a box of the run's own on the stack of this machine
``mercadopago``          Mercado Pago's side as the run needs it, played by a simulator
``players``              who plays the other parts, from what was asked for
``notes``                what was seen in one case
``stage``                what a case is played with
``cases``                the cases in their order; they are played in ``cases_polls``, ``cases_parameters``,
                         ``cases_notifications`` and ``cases_money``
``run``                  every case in turn, and what came of it
``texts``                what is said, in three languages; the data is in ``sentences/``
``report``               a run as plain values: the shape of ``--json``
``report_terminal``      a run on a terminal
``report_html``          a run as a page to print
=======================  ===========================================================================================

The run knows nothing of how the merchant works inside: it sees polls, notifications and what Mercado Pago is asked.
"""
