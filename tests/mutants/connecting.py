"""Faults in what connects: tables, queues, polls, the line to Mercado Pago, the template."""

from __future__ import annotations

from tests.mutants.mutant import CAJA, Mutant

ORDERS = f"{CAJA}tables/orders.py"
CALLS = f"{CAJA}mercadopago/calls.py"

MUTANTS = (
    Mutant(
        "ledger-read-from-a-replica",
        "The ledger is read eventually consistent.",
        ORDERS,
        "                    ConsistentRead=True,\n                    **start,\n",
        "                    ConsistentRead=False,\n                    **start,\n",
    ),
    Mutant(
        "cancel-without-its-condition",
        "A cancel overwrites whatever was written since the box's order was read.",
        ORDERS,
        'self._put(self._orders, item, _UNCHANGED, {":before": before.revision}),',
        'self._put(self._orders, item, *(None if after.state == "cancelled" else _UNCHANGED, {":before": before.revision})),',
    ),
    Mutant(
        "replace-without-its-condition",
        "A submit replaces an order whatever was written since that was read.",
        ORDERS,
        'self._put(self._orders, item, _UNCHANGED, {":before": before.revision}),',
        'self._put(self._orders, item, *(None if after.state == "replaced" else _UNCHANGED, {":before": before.revision})),',
    ),
    Mutant(
        "order-and-offer-in-two-writes",
        "An order is settled in one write, its offer ended in another.",
        ORDERS,
        "            refused = self._write([*writes, self._offer_write(after)] if after.ended_at else writes)\n",
        """            refused = self._write(writes)
            if after.ended_at and not refused:
                refused = self._write([self._offer_write(after)])
""",
    ),
    Mutant(
        "settle-ends-whatever-is-offered",
        "Settling an order ends what its box offers, whichever order that is.",
        ORDERS,
        '        if from_dynamodb(found.get("Item", {})).get("order_id") != after.order_id:\n',
        """        if "Item" in found:
            ended = {":state": after.state.value, ":ended_at": write_instant(after.ended_at)}
            return {
                "Update": {
                    "TableName": self._boxes,
                    "Key": key,
                    "UpdateExpression": "SET #state = :state, ended_at = :ended_at",
                    "ExpressionAttributeNames": {"#state": "state"},
                    "ExpressionAttributeValues": to_dynamodb(ended),
                }
            }
        if from_dynamodb(found.get("Item", {})).get("order_id") != after.order_id:
""",
    ),
    Mutant(
        "conflicts-not-retried",
        "A transaction that meets another one is given up at once.",
        ORDERS,
        "\nTRIES = 4\n",
        "\nTRIES = 1\n",
    ),
    Mutant(
        "check-reads-the-box-s-mode",
        "An order is read with its box's mode of today.",
        ORDERS,
        '        return read_order(self._items_of(order_id, "#item >= :name", "ORDER"))\n',
        """        order = read_order(self._items_of(order_id, "#item >= :name", "ORDER"))
        if order is None:
            return None
        key = to_dynamodb({"box_id": order.box_id, "item": "BOX"})
        box = from_dynamodb(self._dynamodb.get_item(TableName=self._boxes, Key=key)["Item"])
        return __import__("dataclasses").replace(order, mode=box["mode"])
""",
    ),
    Mutant(
        "default-forgotten",
        "An item of the first version lacks what was added since, and is not read.",
        f"{CAJA}tables/order_items.py",
        'release_seconds=int(item.get("release_seconds", 120)),',
        'release_seconds=int(item["release_seconds"]),',
    ),
    Mutant(
        "no-retries-of-the-sdk",
        "A write whose answer was lost is not sent again.",
        f"{CAJA}tables/calls.py",
        '"total_max_attempts": 3',
        '"total_max_attempts": 1',
    ),
    Mutant(
        "batch-fails-as-a-whole",
        "When all messages of a batch are bad, the function fails instead of naming them.",
        f"{CAJA}batches.py",
        "raise_on_entire_batch_failure=False",
        "raise_on_entire_batch_failure=True",
    ),
    Mutant(
        "poison-swallowed",
        "A message that cannot be worked off is told, and deleted.",
        f"{CAJA}batches.py",
        "return super().failure_handler(record, exception)",
        "return self.success_handler(record, None)",
    ),
    Mutant(
        "messages-come-back-too-soon",
        "A message that failed comes back every minute, and is dead after eight.",
        f"{CAJA}batches.py",
        "int(3 ** min(max(received - 1, 0), 10))",
        "1",
    ),
    Mutant(
        "polls-from-a-replica",
        "A poll reads eventually consistent.",
        f"{CAJA}light.py",
        '"ConsistentRead": True,',
        '"ConsistentRead": False,',
    ),
    Mutant(
        "polls-without-expiry",
        "A poll shows an order for as long as it is stored as ready.",
        f"{CAJA}poll_answers.py",
        "return expires_at if now >= expires_at else None",
        "return None",
    ),
    Mutant(
        "polls-fail-with-storage",
        "A poll whose storage fails is answered by a crash.",
        f"{CAJA}failures.py",
        "except Exception as error:",
        "except LookupError as error:",
    ),
    Mutant(
        "answers-not-cut",
        "A call may take as long as bytes keep coming.",
        CALLS,
        "answer.result(timeout=self._answer_seconds)",
        "answer.result()",
    ),
    Mutant(
        "broken-connections-not-tried-again",
        "A read over a connection that broke is not repeated.",
        CALLS,
        'if asked.method != "GET" or monotonic() > deadline:',
        "if True:",
    ),
    Mutant(
        "certificates-unchecked",
        "The token goes to whoever answers at Mercado Pago's address.",
        CALLS,
        "verify=True,",
        "verify=False,",
    ),
    Mutant(
        "ledger-forgets",
        "The ledger has a time to live.",
        "template.yaml",
        "      GlobalSecondaryIndexes: # all sparse",
        "      TimeToLiveSpecification: {AttributeName: ttl, Enabled: true}\n      GlobalSecondaryIndexes: # all sparse",
    ),
    Mutant(
        "one-queue-for-all",
        "Notifications and checks are worked off one queue.",
        "template.yaml",
        "Queue: !GetAtt NotificationQueue.Arn\n",
        "Queue: !GetAtt CheckQueue.Arn\n",
    ),
)
