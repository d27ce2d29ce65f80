-- What the two sides of a completed booking say of each other. Neither is shown before its reveal.
CREATE TABLE reviews (
    id               uuid        PRIMARY KEY,
    booking_id       uuid        NOT NULL REFERENCES bookings (id),
    studio_id        uuid        NOT NULL REFERENCES studios (id),
    company_id       uuid        NOT NULL REFERENCES companies (id),
    -- Whose booking it is: they write it, or it is about them.
    customer_user_id uuid        NOT NULL,
    author           text        NOT NULL CHECK (author IN ('customer', 'company')),
    -- The person who wrote it; for the company one of its staff.
    written_by       uuid        NOT NULL,
    rating           smallint    NOT NULL CHECK (rating BETWEEN 1 AND 5),
    words            text        CHECK (length(words) BETWEEN 1 AND 2000),
    reply            text        CHECK (length(reply) BETWEEN 1 AND 2000),
    replied_at       timestamptz,
    created_at       timestamptz NOT NULL,
    reveal_at        timestamptz NOT NULL CHECK (reveal_at >= created_at),
    -- It stands in the studio's rating.
    counted          boolean     NOT NULL DEFAULT false,
    -- By the platform.
    hidden_at        timestamptz,
    CONSTRAINT reviews_one_a_side UNIQUE (booking_id, author),
    CHECK ((reply IS NULL) = (replied_at IS NULL)),
    CHECK (reply IS NULL OR author = 'customer'),
    CHECK (NOT counted OR (author = 'customer' AND hidden_at IS NULL)),
    CHECK (author = 'company' OR written_by = customer_user_id)
);
CREATE INDEX reviews_of_studio ON reviews (studio_id, reveal_at DESC, id DESC)
    WHERE author = 'customer' AND hidden_at IS NULL;
CREATE INDEX reviews_to_count ON reviews (reveal_at) WHERE author = 'customer' AND NOT counted AND hidden_at IS NULL;
CREATE INDEX reviews_written_by ON reviews (written_by, id);
CREATE INDEX reviews_of_customer ON reviews (customer_user_id, id);

CREATE TABLE review_reports (
    review_id  uuid        NOT NULL REFERENCES reviews (id),
    reporter   uuid        NOT NULL,
    reason     text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    created_at timestamptz NOT NULL,
    -- The platform has looked at it.
    settled_at timestamptz,
    PRIMARY KEY (review_id, reporter)
);
CREATE INDEX review_reports_open ON review_reports (created_at, review_id, reporter) WHERE settled_at IS NULL;
CREATE INDEX review_reports_of_reporter ON review_reports (reporter, review_id);

-- Who has decided what about a review, and why: never changed.
CREATE TABLE review_decisions (
    id         uuid        PRIMARY KEY,
    review_id  uuid        NOT NULL REFERENCES reviews (id),
    decision   text        NOT NULL CHECK (decision IN ('hide', 'restore', 'keep')),
    reason     text        NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
    decided_by uuid        NOT NULL,
    decided_at timestamptz NOT NULL
);
CREATE INDEX review_decisions_of_review ON review_decisions (review_id, id);
