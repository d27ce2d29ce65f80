"""Prepares a platform for fuzzing: somebody of each role, and things of every kind for them to meet.

usage: scene.py URL FILE   (the demo data is loaded; ROOMTONE_FUZZ_SUPPORT names a support account)
"""

import datetime
import json
import os
import sys
import time

from api import PASSWORD, Account, Api


def main(url, file):
    api = Api(url)
    people = {
        "customer": Account(api, "customer@example.com", "roomtone-demo-customer"),
        "owner": Account(api, "owner@example.com", "roomtone-demo-owner"),
        "admin": Account(api, "admin@example.com", "roomtone-demo-admin"),
        "support": Account(api, os.environ["ROOMTONE_FUZZ_SUPPORT"]),
    }
    people["staff"] = hire(api, people["owner"])
    slots = visit_studios(api, people)
    for _ in range(4):
        book(api, people["customer"], slots.pop(0))
    pay(api, people["customer"])
    save_card(api, people["customer"])
    look_around(api, people)
    scene = {
        "people": {role: {"email": person.email, "password": person.password} for role, person in people.items()},
        "ids": api.ids,
        "slots": slots,
    }
    with open(file, "w", encoding="utf-8") as out:
        json.dump(scene, out, indent=1)


def hire(api, owner):
    company = api.get("/api/companies", owner.bearer())["data"][0]["id"]
    staff = Account(api, "staff@example.com")
    api.call("POST", "/api/teams/invite", {"company_id": company, "email": staff.email, "role": "staff"}, owner.bearer())
    acceptance = {"name": "Stella Staff", "password": PASSWORD}
    api.call("POST", f"/api/teams/invitations/{api.mailed_token(staff.email)}/accept", acceptance)
    waiting = {"company_id": company, "email": "waiting@example.com", "role": "manager"}
    api.call("POST", "/api/teams/invite", waiting, owner.bearer())
    return staff


def visit_studios(api, people):
    """Rooms and their free times of the next days."""
    slots = []
    for studio in api.get("/api/studios/my", people["owner"].bearer())["data"]:
        for room in api.get(f"/api/studios/{studio['id']}/rooms")["data"]:
            api.get(f"/api/rooms/{room['id']}/prices")
            for days in range(2, 9):
                day = datetime.date.today() + datetime.timedelta(days=days)
                query = f"room_id={room['id']}&date={day}&duration_minutes=60"
                free = api.get(f"/api/bookings/available-times?{query}")["slots"]
                slots += [{"room_id": room["id"]} | {k: slot[k] for k in ("starts_at", "ends_at")} for slot in free[::2]]
    return slots


def book(api, customer, slot):
    return api.call("POST", "/api/bookings", slot, customer.bearer(), key=True)


def pay(api, customer):
    """One booking is paid, so that there are payments, receipts and postings; another is being paid."""
    for booking in api.get("/api/bookings/my", customer.bearer())["data"][:2]:
        payable = {"payable": {"type": "booking", "id": booking["id"]}}
        payment = api.call("POST", "/api/payments/session", payable, customer.bearer(), key=True)
    api.call("POST", f"/sandbox/checkout/{payment['id']}/complete", {"card": "4242424242424242"})
    deadline = time.monotonic() + 30
    while not api.get("/api/receipts", customer.bearer())["data"]:
        if time.monotonic() > deadline:
            raise RuntimeError("a payment has no receipt")
        time.sleep(0.1)


def save_card(api, customer):
    """A card that may be charged without its owner."""
    setup = api.call("POST", "/api/payment-methods/setup-session", {"off_session": True}, customer.bearer())
    api.call("POST", f"/sandbox/checkout/{setup['id']}/complete", {"card": "4242424242424242"})
    api.call("POST", "/api/payment-methods/verify", {"setup_id": setup["id"]}, customer.bearer())


def look_around(api, people):
    """Every list says what there is."""
    owner, admin = people["owner"].bearer(), people["admin"].bearer()
    for country in api.get("/api/countries")["data"]:
        api.get(f"/api/countries/{country['id']}/cities")
    for company in api.get("/api/companies", owner)["data"]:
        api.get(f"/api/teams/members?company_id={company['id']}", owner)
        api.get(f"/api/teams/invitations?company_id={company['id']}", owner)
    for path in ("/api/admin/ledger/trial-balance", "/api/admin/webhook-events", "/api/admin/audit"):
        api.get(path, admin)
    for person in people.values():
        api.get("/api/auth/me", person.bearer())
        api.call("POST", "/api/user/export", token=person.bearer())


if __name__ == "__main__":
    main(*sys.argv[1:])
