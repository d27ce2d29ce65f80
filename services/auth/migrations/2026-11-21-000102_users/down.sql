DROP TABLE login_failures, users;
