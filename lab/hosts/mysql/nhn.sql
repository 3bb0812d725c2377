-- The procedures NHN Cloud RDS for MySQL ships in schema mysql. Names, parameters and limits as its guide gives them:
-- file and position only, no TLS, no channel, the source by IP address. Both generations of names exist.
DELIMITER $$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_changesource$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_changesource(
  IN source_ip VARCHAR(255), IN source_port INT, IN repl_user VARCHAR(255), IN repl_password VARCHAR(255),
  IN source_log_file VARCHAR(512), IN source_log_pos BIGINT)
BEGIN
  IF IS_IPV4(source_ip) = 0 AND IS_IPV6(source_ip) = 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'source_ip must be an IP address; domain names are not supported';
  END IF;
  SET @tcrds_statement = CONCAT(
    'CHANGE REPLICATION SOURCE TO SOURCE_HOST = ', QUOTE(source_ip), ', SOURCE_PORT = ', source_port,
    ', SOURCE_USER = ', QUOTE(repl_user), ', SOURCE_PASSWORD = ', QUOTE(repl_password),
    ', SOURCE_LOG_FILE = ', QUOTE(source_log_file), ', SOURCE_LOG_POS = ', source_log_pos,
    ', SOURCE_AUTO_POSITION = 0, SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 0');
  PREPARE tcrds_prepared FROM @tcrds_statement;
  SET @tcrds_statement = NULL;
  EXECUTE tcrds_prepared;
  DEALLOCATE PREPARE tcrds_prepared;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_changemaster$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_changemaster(
  IN master_ip VARCHAR(255), IN master_port INT, IN repl_user VARCHAR(255), IN repl_password VARCHAR(255),
  IN master_log_file VARCHAR(512), IN master_log_pos BIGINT)
BEGIN
  CALL mysql.tcrds_repl_changesource(master_ip, master_port, repl_user, repl_password, master_log_file, master_log_pos);
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_replica_start$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_replica_start()
BEGIN
  START REPLICA;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_replica_stop$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_replica_stop()
BEGIN
  STOP REPLICA;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_slave_start$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_slave_start()
BEGIN
  START REPLICA;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_slave_stop$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_slave_stop()
BEGIN
  STOP REPLICA;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_init$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_init()
BEGIN
  STOP REPLICA;
  RESET REPLICA ALL;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_skip_repl_error$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_skip_repl_error()
BEGIN
  STOP REPLICA;
  SET GLOBAL sql_replica_skip_counter = 1;
  START REPLICA;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_next_changesource$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_next_changesource()
BEGIN
  DECLARE now_reading TEXT;
  SELECT Master_log_name INTO now_reading FROM mysql.slave_master_info WHERE Channel_name = '';
  SET @tcrds_statement = CONCAT(
    'CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE = ',
    QUOTE(CONCAT(SUBSTRING_INDEX(now_reading, '.', 1), '.', LPAD(SUBSTRING_INDEX(now_reading, '.', -1) + 1, 6, '0'))),
    ', SOURCE_LOG_POS = 4');
  STOP REPLICA;
  PREPARE tcrds_prepared FROM @tcrds_statement;
  EXECUTE tcrds_prepared;
  DEALLOCATE PREPARE tcrds_prepared;
  START REPLICA;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_repl_next_changemaster$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_repl_next_changemaster()
BEGIN
  CALL mysql.tcrds_repl_next_changesource();
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_active_process$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_active_process()
BEGIN
  SELECT * FROM performance_schema.processlist WHERE command <> 'Sleep' AND id <> CONNECTION_ID();
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_process_kill$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_process_kill(IN processlist_id BIGINT UNSIGNED)
BEGIN
  KILL processlist_id;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_current_lock$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_current_lock()
BEGIN
  SELECT * FROM sys.innodb_lock_waits;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_innodb_monitor_reset$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_innodb_monitor_reset(IN counter VARCHAR(255))
BEGIN
  SET GLOBAL innodb_monitor_reset = counter;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_innodb_monitor_reset_all$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_innodb_monitor_reset_all(IN counter VARCHAR(255))
BEGIN
  SET GLOBAL innodb_monitor_reset_all = counter;
END$$

DROP PROCEDURE IF EXISTS mysql.tcrds_foreign_key_checks$$
CREATE DEFINER = 'rds_admin'@'localhost' PROCEDURE mysql.tcrds_foreign_key_checks(IN wanted VARCHAR(3))
BEGIN
  SET GLOBAL foreign_key_checks = (UPPER(wanted) IN ('1', 'ON'));
END$$

DELIMITER ;
