DROP TABLE mails;
DROP TABLE bookings;
DROP TABLE company_members;
DROP TABLE contacts;
