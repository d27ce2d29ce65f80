"""A payment and its refund at each provider of the sandbox, what goes wrong, and at Stripe a payout, by the providers'
own clients; and the webhooks of all this, checked by those of them that can.

    journey.py http://127.0.0.1:8090 http://127.0.0.1:8091/hook

The second address answers the webhooks that arrived; their secrets are in the environment. Each client checks what it
reads against its own models; what they do not check is checked here.
"""

import json
import os
import sys
import time
import urllib.request

SANDBOX, HOOK = (url.rstrip("/") for url in sys.argv[1:3])
GOOD, NO_FUNDS = "4242424242424242", "4000000000009995"


def complete(session, card):
    """The customer pays on the hosted page."""
    body = json.dumps({"card": card}).encode()
    url = f"{SANDBOX}/sandbox/checkout/{session}/complete"
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["outcome"]


def fault(provider, status):
    """The next call of that provider's API is answered like this."""
    body = json.dumps({"provider": provider, "status": status}).encode()
    request = urllib.request.Request(f"{SANDBOX}/sandbox/faults", body, {"content-type": "application/json"})
    urllib.request.urlopen(request).close()


def fails(error, call):
    try:
        call()
    except error as raised:
        return raised
    raise AssertionError(f"{error.__name__} was expected")


def expect(found, wanted):
    assert found == wanted, f"expected {wanted!r} and found {found!r}"


def stripe_journey():
    import stripe

    client = stripe.StripeClient("sk_test_sdk", base_addresses={"api": f"{SANDBOX}/stripe"}, max_network_retries=0)
    price = {"currency": "eur", "unit_amount": 9000, "product_data": {"name": "Room 1"}}
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": "https://example.com/ok",
            "client_reference_id": "pay_1",
        },
        {"idempotency_key": "sdk-session"},
    )
    expect(session.status, "open")
    expect(complete(session.id, NO_FUNDS), "declined")
    expect(complete(session.id, GOOD), "succeeded")
    session = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    expect((session.status, session.payment_status), ("complete", "paid"))
    expect(session.payment_intent.latest_charge.payment_method_details.card.last4, "4242")
    refund = client.v1.refunds.create({"payment_intent": session.payment_intent.id, "amount": 4000})
    expect((refund.status, refund.amount), ("succeeded", 4000))
    too_much = {"payment_intent": session.payment_intent.id, "amount": 5001}
    expect(fails(stripe.InvalidRequestError, lambda: client.v1.refunds.create(too_much)).param, "amount")
    stripe_errors(stripe, client)
    stripe_connect_journey(stripe, client)


def stripe_errors(stripe, client):
    sessions = client.v1.checkout.sessions
    missing = fails(stripe.InvalidRequestError, lambda: sessions.retrieve("cs_test_none"))
    expect((missing.http_status, missing.code), (404, "resource_missing"))
    other = {"currency": "eur", "unit_amount": 1, "product_data": {"name": "Room 1"}}
    other = {"mode": "payment", "line_items": [{"quantity": 1, "price_data": other}], "success_url": "https://a.b"}
    fails(stripe.IdempotencyError, lambda: sessions.create(other, {"idempotency_key": "sdk-session"}))
    for status, error in ((429, stripe.RateLimitError), (500, stripe.APIError)):
        fault("stripe", status)
        expect(fails(error, lambda: client.v1.refunds.list()).http_status, status)


def stripe_connect_journey(stripe, client):
    """A company is paid 10 EUR of what the platform has."""
    schedule = {"payouts": {"schedule": {"interval": "manual"}}}
    account = client.v1.accounts.create({"country": "DE", "settings": schedule, "metadata": {"company_id": "com_1"}})
    expect((account.payouts_enabled, account.default_currency), (False, "eur"))
    link = client.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": "https://example.com/ok",
            "refresh_url": "https://example.com/again",
        }
    )
    assert "/checkout/onboarding/" in link.url, link.url
    url = f"{SANDBOX}/sandbox/accounts/{account.id}/onboard"
    with urllib.request.urlopen(urllib.request.Request(url, b"{}", {"content-type": "application/json"})) as answer:
        expect(answer.status, 204)
    account = client.v1.accounts.retrieve(account.id)
    expect((account.payouts_enabled, account.capabilities.transfers), (True, "active"))
    to = {"currency": "eur", "destination": account.id, "transfer_group": "pot_1"}
    transfer = client.v1.transfers.create({"amount": 1000, **to}, {"idempotency_key": "sdk-transfer"})
    expect(client.v1.transfers.list({"transfer_group": "pot_1"}).data[0].id, transfer.id)
    as_account = {"stripe_account": account.id}
    expect(client.v1.balance.retrieve(None, as_account).available[0].amount, 1000)
    payout = client.v1.payouts.create({"amount": 1000, "currency": "eur"}, as_account)
    expect((payout.status, payout.automatic), ("in_transit", False))
    expect(client.v1.payouts.retrieve(payout.id, None, as_account).amount, 1000)
    for call in (
        lambda: client.v1.transfers.create({"amount": 1_000_000, **to}),
        lambda: client.v1.transfers.reversals.create(transfer.id),
        lambda: client.v1.payouts.create({"amount": 1, "currency": "eur"}, as_account),
    ):
        expect(fails(stripe.InvalidRequestError, call).code, "balance_insufficient")


def square_journey():
    from square import Square
    from square.core.api_error import ApiError

    client = Square(base_url=f"{SANDBOX}/square", token="EAAAsdk")
    money = {"amount": 9000, "currency": "EUR"}
    item = {"name": "Room 1", "quantity": "1", "base_price_money": money}
    call = {
        "idempotency_key": "sdk-link",
        "order": {"location_id": "LSANDBOX", "reference_id": "pay_1", "line_items": [item]},
        "checkout_options": {"redirect_url": "https://example.com/ok"},
        "payment_note": "pay_1",
    }
    link = client.checkout.payment_links.create(**call).payment_link
    expect(client.checkout.payment_links.create(**call).payment_link.id, link.id)
    expect(client.checkout.payment_links.get(link.id).payment_link.order_id, link.order_id)
    expect(complete(link.order_id, NO_FUNDS), "declined")
    expect(complete(link.order_id, GOOD), "succeeded")
    order = client.orders.get(link.order_id).order
    expect((order.state, order.net_amount_due_money.amount), ("COMPLETED", 0))
    payment = client.payments.get(order.tenders[0].payment_id).payment
    expect((payment.status, payment.total_money.amount, payment.note), ("COMPLETED", 9000, "pay_1"))
    expect(payment.card_details.card.last4, "4242")
    refund = client.refunds.refund_payment(
        idempotency_key="sdk-refund", payment_id=payment.id, amount_money={"amount": 4000, "currency": "EUR"}
    ).refund
    expect(client.refunds.get(refund.id).refund.status, "COMPLETED")
    too_much = {"amount": 5001, "currency": "EUR"}
    refund = lambda: client.refunds.refund_payment(idempotency_key="2", payment_id=payment.id, amount_money=too_much)
    expect(fails(ApiError, refund).status_code, 400)
    once = {"max_retries": 0}
    expect(fails(ApiError, lambda: client.payments.get("none", request_options=once)).status_code, 404)
    for status in (429, 503):
        fault("square", status)
        expect(fails(ApiError, lambda: client.payments.get(payment.id, request_options=once)).status_code, status)


def paypal_journey():
    from paypalserversdk.configuration import Configuration, Environment, Server
    from paypalserversdk.exceptions.error_exception import ErrorException
    from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
    from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

    Configuration.environments[Environment.SANDBOX] = {Server.DEFAULT: f"{SANDBOX}/paypal"}
    credentials = ClientCredentialsAuthCredentials(o_auth_client_id="sdk", o_auth_client_secret="secret")
    client = PaypalServersdkClient(environment=Environment.SANDBOX, client_credentials_auth_credentials=credentials)
    unit = {"amount": {"currency_code": "EUR", "value": "90.00"}, "custom_id": "pay_1"}
    body = {"intent": "CAPTURE", "purchase_units": [unit]}
    order = client.orders.create_order({"body": body, "paypal_request_id": "sdk-order"}).body
    expect(client.orders.create_order({"body": body, "paypal_request_id": "sdk-order"}).body.id, order.id)
    expect(complete(order.id, NO_FUNDS), "declined")
    expect(fails(ErrorException, lambda: client.orders.capture_order({"id": order.id})).response_code, 422)
    expect(complete(order.id, GOOD), "succeeded")
    expect(client.orders.get_order({"id": order.id}).body.status, "APPROVED")
    captured = client.orders.capture_order({"id": order.id, "paypal_request_id": "sdk-capture"}).body
    expect(captured.status, "COMPLETED")
    capture = captured.purchase_units[0].payments.captures[0]
    expect(client.payments.get_captured_payment({"capture_id": capture.id}).body.amount.value, "90.00")
    refund = client.payments.refund_captured_payment(
        {"capture_id": capture.id, "body": {"amount": {"currency_code": "EUR", "value": "40.00"}}}
    ).body
    expect(client.payments.get_refund({"refund_id": refund.id}).body.status, "COMPLETED")
    expect(client.payments.get_captured_payment({"capture_id": capture.id}).body.status, "PARTIALLY_REFUNDED")
    expect(fails(ErrorException, lambda: client.payments.get_refund({"refund_id": "NONE"})).response_code, 404)


def webhook_journey():
    """PayPal's client has nothing to check webhooks with."""
    import stripe
    from square.utils.webhooks_helper import verify_signature

    secret, url = os.environ["STRIPE_WEBHOOK_SECRET"], os.environ["SQUARE_NOTIFICATION_URL"]
    key = os.environ["SQUARE_SIGNATURE_KEY"]
    for delivery in delivered("stripe", "refund.updated"):
        signature, body = delivery["headers"]["stripe-signature"], delivery["body"]
        expect(stripe.Webhook.construct_event(body, signature, secret).id, json.loads(body)["id"])
        forged = lambda: stripe.Webhook.construct_event(body + " ", signature, secret)
        fails(stripe.SignatureVerificationError, forged)
    for delivery in delivered("square", "refund.updated"):
        signature, body = delivery["headers"]["x-square-hmacsha256-signature"], delivery["body"]
        for text, wanted in ((body, True), (body + " ", False)):
            signed = {"signature_header": signature, "signature_key": key, "notification_url": url}
            expect(verify_signature(request_body=text, **signed), wanted)


def delivered(provider, last):
    """What has arrived of a provider, once an event of the type `last` is among it."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with urllib.request.urlopen(HOOK) as answer:
            found = [delivery for delivery in json.load(answer) if delivery["provider"] == provider]
        if any(json.loads(delivery["body"])["type"] == last for delivery in found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"{last} of {provider} has not arrived")


for journey in (stripe_journey, square_journey, paypal_journey, webhook_journey):
    journey()
    print(f"{journey.__name__}: ok")
