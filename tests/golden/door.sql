-- Doors of the shop.
CREATE TABLE doors (
  id INT PRIMARY KEY,
  name TEXT NOT NULL
);

-- Those that are open.
CREATE VIEW open_doors AS
SELECT doors.id, upper(doors.name)
FROM doors
JOIN locks ON locks.door_id = doors.id
WHERE locks.state = 'open'
ORDER BY doors.name;

CREATE FUNCTION widest() RETURNS int AS $$
SELECT max(width) FROM doors
$$ LANGUAGE sql;

INSERT INTO doors (id, name) VALUES (1, 'front');
UPDATE doors SET name = lower(name) WHERE id = 1;
