-- The procedures Amazon RDS for MySQL 8.4 ships in schema mysql. Names and parameters as the RDS User Guide gives them; the
-- names of 8.0 (..._master) still work there and here. All of them want autocommit, as the guide says.
DELIMITER $$

CREATE TABLE IF NOT EXISTS mysql.rds_configuration (name VARCHAR(100) PRIMARY KEY, value VARCHAR(100), description VARCHAR(300))$$
INSERT IGNORE INTO mysql.rds_configuration VALUES ('binlog retention hours', NULL,
  'binlog retention hours specifies the duration in hours before binary logs are automatically deleted.')$$
CREATE TABLE IF NOT EXISTS mysql.rds_history (
  id INT AUTO_INCREMENT PRIMARY KEY, action_timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP, called_by_user VARCHAR(352), action VARCHAR(20),
  mysql_version VARCHAR(50), master_host VARCHAR(255), master_port INT, master_user VARCHAR(255), master_log_file VARCHAR(512),
  master_log_pos BIGINT, auto_position BOOLEAN)$$

DROP PROCEDURE IF EXISTS mysql.rds_lab_change_source$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_lab_change_source(
  IN host_name VARCHAR(255), IN host_port INT, IN user_name VARCHAR(255), IN user_password VARCHAR(255), IN log_file VARCHAR(512),
  IN log_position BIGINT, IN ssl_encryption INT, IN delay_seconds INT)
BEGIN
  IF @@autocommit = 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'autocommit must be enabled to run this procedure';
  END IF;
  IF delay_seconds NOT BETWEEN 0 AND 86400 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'delay must be between 0 and 86400 seconds';
  END IF;
  SET @rds_statement = CONCAT(
    'CHANGE REPLICATION SOURCE TO SOURCE_HOST = ', QUOTE(TRIM(host_name)), ', SOURCE_PORT = ', host_port,
    ', SOURCE_USER = ', QUOTE(TRIM(user_name)), ', SOURCE_PASSWORD = ', QUOTE(user_password),
    IF(log_file IS NULL, ', SOURCE_AUTO_POSITION = 1',
      CONCAT(', SOURCE_AUTO_POSITION = 0, SOURCE_LOG_FILE = ', QUOTE(TRIM(log_file)), ', SOURCE_LOG_POS = ', log_position)),
    ', SOURCE_SSL = ', IF(ssl_encryption = 1, 1, 0), ', SOURCE_SSL_VERIFY_SERVER_CERT = 0, SOURCE_DELAY = ', delay_seconds);
  PREPARE rds_prepared FROM @rds_statement;
  SET @rds_statement = NULL;
  EXECUTE rds_prepared;
  DEALLOCATE PREPARE rds_prepared;
  SET @rds_binlog = @@sql_log_bin, sql_log_bin = 0;
  INSERT INTO mysql.rds_history (called_by_user, action, mysql_version, master_host, master_port, master_user, master_log_file,
    master_log_pos, auto_position)
  VALUES (USER(), 'set master', VERSION(), host_name, host_port, user_name, log_file, log_position, log_file IS NULL);
  SET sql_log_bin = @rds_binlog;
END$$

DROP PROCEDURE IF EXISTS mysql.rds_set_external_source$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_source(
  IN host_name VARCHAR(255), IN host_port INT, IN replication_user_name VARCHAR(255), IN replication_user_password VARCHAR(255),
  IN mysql_binary_log_file_name VARCHAR(512), IN mysql_binary_log_file_location BIGINT, IN ssl_encryption INT)
BEGIN
  CALL mysql.rds_lab_change_source(host_name, host_port, replication_user_name, replication_user_password,
    mysql_binary_log_file_name, mysql_binary_log_file_location, ssl_encryption, 0);
END$$

DROP PROCEDURE IF EXISTS mysql.rds_set_external_master$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_master(
  IN host_name VARCHAR(255), IN host_port INT, IN replication_user_name VARCHAR(255), IN replication_user_password VARCHAR(255),
  IN mysql_binary_log_file_name VARCHAR(512), IN mysql_binary_log_file_location BIGINT, IN ssl_encryption INT)
BEGIN
  CALL mysql.rds_set_external_source(host_name, host_port, replication_user_name, replication_user_password,
    mysql_binary_log_file_name, mysql_binary_log_file_location, ssl_encryption);
END$$

DROP PROCEDURE IF EXISTS mysql.rds_set_external_source_with_delay$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_source_with_delay(
  IN host_name VARCHAR(255), IN host_port INT, IN replication_user_name VARCHAR(255), IN replication_user_password VARCHAR(255),
  IN mysql_binary_log_file_name VARCHAR(512), IN mysql_binary_log_file_location BIGINT, IN ssl_encryption INT, IN delay INT)
BEGIN
  CALL mysql.rds_lab_change_source(host_name, host_port, replication_user_name, replication_user_password,
    mysql_binary_log_file_name, mysql_binary_log_file_location, ssl_encryption, delay);
END$$

DROP PROCEDURE IF EXISTS mysql.rds_set_external_source_with_auto_position$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_source_with_auto_position(
  IN host_name VARCHAR(255), IN host_port INT, IN replication_user_name VARCHAR(255), IN replication_user_password VARCHAR(255),
  IN ssl_encryption INT, IN delay INT)
BEGIN
  CALL mysql.rds_lab_change_source(host_name, host_port, replication_user_name, replication_user_password, NULL, NULL,
    ssl_encryption, delay);
END$$

DROP PROCEDURE IF EXISTS mysql.rds_set_external_master_with_auto_position$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_external_master_with_auto_position(
  IN host_name VARCHAR(255), IN host_port INT, IN replication_user_name VARCHAR(255), IN replication_user_password VARCHAR(255),
  IN ssl_encryption INT, IN delay INT)
BEGIN
  CALL mysql.rds_set_external_source_with_auto_position(host_name, host_port, replication_user_name, replication_user_password,
    ssl_encryption, delay);
END$$

DROP PROCEDURE IF EXISTS mysql.rds_start_replication$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_start_replication()
BEGIN
  START REPLICA;
  SELECT 'Replica started; see SHOW REPLICA STATUS for its state.' AS Message;
END$$

DROP PROCEDURE IF EXISTS mysql.rds_stop_replication$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_stop_replication()
BEGIN
  STOP REPLICA;
  SELECT 'Replica is down or disabled' AS Message;
END$$

DROP PROCEDURE IF EXISTS mysql.rds_reset_external_source$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_reset_external_source()
BEGIN
  IF @@autocommit = 0 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'autocommit must be enabled to run this procedure';
  END IF;
  STOP REPLICA;
  RESET REPLICA ALL;
  SELECT 'Replica has been reset' AS Message;
END$$

DROP PROCEDURE IF EXISTS mysql.rds_reset_external_master$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_reset_external_master()
BEGIN
  CALL mysql.rds_reset_external_source();
END$$

DROP PROCEDURE IF EXISTS mysql.rds_skip_repl_error$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_skip_repl_error()
BEGIN
  STOP REPLICA;
  SET GLOBAL sql_replica_skip_counter = 1;
  START REPLICA;
  SELECT 'Statement in error has been skipped' AS Message;
END$$

DROP PROCEDURE IF EXISTS mysql.rds_next_source_log$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_next_source_log(IN curr_source_log INT)
BEGIN
  DECLARE now_reading TEXT;
  SELECT Master_log_name INTO now_reading FROM mysql.slave_master_info WHERE Channel_name = '';
  SET @rds_statement = CONCAT(
    'CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE = ',
    QUOTE(CONCAT(SUBSTRING_INDEX(now_reading, '.', 1), '.', LPAD(curr_source_log + 1, 6, '0'))), ', SOURCE_LOG_POS = 4');
  STOP REPLICA;
  PREPARE rds_prepared FROM @rds_statement;
  EXECUTE rds_prepared;
  DEALLOCATE PREPARE rds_prepared;
  START REPLICA;
  SELECT 'Source Log Position has been set to start of next log' AS Message;
END$$

DROP PROCEDURE IF EXISTS mysql.rds_next_master_log$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_next_master_log(IN curr_master_log INT)
BEGIN
  CALL mysql.rds_next_source_log(curr_master_log);
END$$

DROP PROCEDURE IF EXISTS mysql.rds_set_configuration$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_set_configuration(IN name VARCHAR(100), IN value INT)
BEGIN
  IF name <> 'binlog retention hours' THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the only configuration the lab knows is: binlog retention hours';
  END IF;
  IF value IS NOT NULL AND value NOT BETWEEN 1 AND 168 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'binlog retention hours must be NULL or 1 to 168';
  END IF;
  SET @rds_binlog = @@sql_log_bin, sql_log_bin = 0;
  UPDATE mysql.rds_configuration AS c SET c.value = value WHERE c.name = name;
  SET sql_log_bin = @rds_binlog;
  SET PERSIST binlog_expire_logs_seconds = COALESCE(value * 3600, 300);
END$$

DROP PROCEDURE IF EXISTS mysql.rds_show_configuration$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_show_configuration()
BEGIN
  SELECT name, value, description FROM mysql.rds_configuration;
END$$

DROP PROCEDURE IF EXISTS mysql.rds_kill$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_kill(IN processID BIGINT UNSIGNED)
BEGIN
  KILL processID;
END$$

DROP PROCEDURE IF EXISTS mysql.rds_kill_query$$
CREATE DEFINER = 'rdsadmin'@'localhost' PROCEDURE mysql.rds_kill_query(IN processID BIGINT UNSIGNED)
BEGIN
  KILL QUERY processID;
END$$

DELIMITER ;
