DROP INDEX payments_open;
