DROP TABLE memberships, companies;
