"""Deliveries of ours, verified by the PyPI package standardwebhooks.

Alone, and in the receiver of docs/webhooks.md, which is run as it stands there. Whatever is changed
is refused.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

DOCUMENT = Path(__file__).parents[2] / "docs/webhooks.md"
HEADERS = ["webhook-id", "webhook-timestamp", "webhook-signature"]


def changed(body: bytes) -> Iterator[bytes]:
    """Copies of a body, in each of which another byte is changed."""
    for at, byte in enumerate(body):
        yield body[:at] + bytes([byte ^ 1]) + body[at + 1 :]


def refuses(webhook: Webhook, body: bytes, headers: dict[str, str]) -> None:
    try:
        webhook.verify(body, headers)
    except WebhookVerificationError:
        return
    raise AssertionError(f"it was not refused: {headers} {body!r}")


def verify_alone(secret: str, body: bytes, headers: dict[str, str]) -> None:
    webhook = Webhook(secret)
    assert webhook.verify(body, headers) == json.loads(body)

    for other in changed(body):
        refuses(webhook, other, headers)
    for name in HEADERS:
        text = headers[name]
        # The second last of a signature, since the last of its digits has bits that are not used.
        at = len(text) - (3 if name == "webhook-signature" else 1)
        digit = "2" if text[at] == "1" else "1"
        refuses(webhook, body, headers | {name: text[:at] + digit + text[at + 1 :]})
    refuses(Webhook(bytes(24)), body, headers)


def verify_in_receiver(deliveries: list[tuple[bytes, dict[str, str]]]) -> None:
    kept: list[tuple[str, object]] = []
    found = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert found, "the document has a receiver in Python"
    # What the receiver does with a message is left out there.
    names = {"__name__": "receiver", "keep": lambda *message: kept.append(message)}
    exec(compile(found[1], DOCUMENT, "exec"), names)
    app = names["app"]
    # Otherwise each refusal is in the log.
    app.logger.disabled = True
    client = app.test_client()

    def post(body: bytes, headers: dict[str, str]) -> int:
        answer = client.post(
            "/hooks/arena", data=body, headers=headers, content_type="application/json"
        )
        return answer.status_code

    for body, headers in deliveries:
        assert post(next(changed(body)), headers) == 500
        assert post(body, headers) == 204
    assert kept == [(headers["webhook-id"], json.loads(body)) for body, headers in deliveries]


def main() -> None:
    secret = os.environ["ARENA_WEBHOOK_SECRET"]
    told = json.loads(os.environ["ARENA_WEBHOOK_DELIVERIES"])
    deliveries = [(it["body"].encode(), it["headers"]) for it in told]
    assert deliveries
    for body, headers in deliveries:
        verify_alone(secret, body, headers)
    verify_in_receiver(deliveries)
    print(f"verified: {len(deliveries)}")


main()
