-- Exclusion over a room and a period; similarity of misspelt names. Both are trusted: the database's owner may.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE countries (
    id         uuid        PRIMARY KEY,
    code       text        NOT NULL CONSTRAINT countries_code_key UNIQUE,
    name       text        NOT NULL,
    currency   text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE cities (
    id         uuid             PRIMARY KEY,
    country_id uuid             NOT NULL REFERENCES countries (id),
    name       text             NOT NULL,
    time_zone  text             NOT NULL,
    latitude   double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude  double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    created_at timestamptz      NOT NULL
);
CREATE INDEX cities_of_country ON cities (country_id, id);

-- What this service needs to know of auth's companies. Version 0 was fetched, the others arrived as events.
CREATE TABLE companies (
    id       uuid   PRIMARY KEY,
    version  bigint NOT NULL,
    slug     text   NOT NULL,
    name     text   NOT NULL,
    country  text   NOT NULL,
    currency text   NOT NULL
);
