DROP TABLE provider_authorizations;
DROP TABLE provider_connections;
