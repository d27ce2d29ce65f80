DROP TABLE paypal_payouts;
