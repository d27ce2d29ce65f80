DROP TABLE room_photos;
