CREATE TABLE studios (
    id          uuid             PRIMARY KEY,
    version     bigint           NOT NULL DEFAULT 1,
    company_id  uuid             NOT NULL REFERENCES companies (id),
    slug        text             NOT NULL CONSTRAINT studios_slug_key UNIQUE,
    name        text             NOT NULL,
    description text,
    city_id     uuid             NOT NULL REFERENCES cities (id),
    line1       text             NOT NULL,
    line2       text,
    postal_code text             NOT NULL,
    latitude    double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude   double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    time_zone   text             NOT NULL,
    created_at  timestamptz      NOT NULL,
    updated_at  timestamptz      NOT NULL,
    -- Written with the row from folded text (no accents, lower case): what full text and trigrams look at.
    search_text text             NOT NULL,
    search      tsvector         NOT NULL
);
CREATE INDEX studios_of_company ON studios (company_id, id);
CREATE INDEX studios_of_city ON studios (city_id, id);
CREATE INDEX studios_search ON studios USING gin (search);
CREATE INDEX studios_search_trigrams ON studios USING gin (search_text gin_trgm_ops);
CREATE INDEX studios_position ON studios USING gist (point(longitude, latitude));
CREATE INDEX studios_zone ON studios (time_zone);

-- Opening hours as they were given: local rules. Minutes count from midnight of the weekday (0 is Monday); past
-- 1440 they belong to the next day.
CREATE TABLE operating_hours (
    studio_id     uuid     NOT NULL REFERENCES studios (id) ON DELETE CASCADE,
    weekday       smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    opens_minute  smallint NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute smallint NOT NULL,
    PRIMARY KEY (studio_id, weekday, opens_minute),
    CHECK (closes_minute > opens_minute AND closes_minute <= opens_minute + 1440)
);

-- The same, with spans that touch joined to unbroken openings, so that one comparison says whether a studio is open
-- for a whole interval. A studio that never closes has one row of two weeks.
CREATE TABLE studio_openings (
    studio_id     uuid     NOT NULL REFERENCES studios (id) ON DELETE CASCADE,
    weekday       smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    opens_minute  smallint NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute smallint NOT NULL CHECK (closes_minute > opens_minute),
    PRIMARY KEY (studio_id, weekday, opens_minute)
);
