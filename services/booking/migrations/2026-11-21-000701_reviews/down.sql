DROP TABLE review_decisions;
DROP TABLE review_reports;
DROP TABLE reviews;
