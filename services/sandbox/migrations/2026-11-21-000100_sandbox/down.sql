DROP TABLE clock, mails, deliveries, provider_events, api_answers, refunds, charges, intents, sessions;
