-- Run once by the PostgreSQL image of docker-compose.yml: each service has a database named like itself.
CREATE DATABASE auth;
CREATE DATABASE booking;
CREATE DATABASE billing;
CREATE DATABASE ledger;
CREATE DATABASE messaging;
CREATE DATABASE webhook;
