DROP INDEX payment_sessions_of_provider;
DROP INDEX payments_of_provider;
DROP INDEX payments_newest;
