"""Names that SQL Server has and the sandbox lacks: refused as unsupported, not as unknown.

They are those of the Transact-SQL reference (built-in functions, configuration functions, rowset
functions). Implemented names are looked up elsewhere first, so listing one here has no effect.
"""

from typing import Final

_FUNCTIONS = """
app_name applock_mode applock_test approx_count_distinct assemblyproperty asymkey_id
asymkeyproperty base64_decode base64_encode binary_checksum bit_count cert_id certencoded
certprivatekey certproperty change_tracking_cleanup_version checksum columns_updated
columnproperty compress connectionproperty containstable context_info crypt_gen_random
current_request_id current_timezone current_timezone_id current_transaction_id cursor_status
database_principal_id databasepropertyex date_bucket datetrunc db_id db_name decompress
decryptbyasymkey decryptbycert decryptbykey decryptbykeyautoasymkey decryptbykeyautocert
decryptbypassphrase difference edit_distance edit_distance_similarity encryptbyasymkey
encryptbycert encryptbykey encryptbypassphrase eventdata file_id file_idex file_name
filegroup_id filegroup_name filegroupproperty fileproperty filepropertyex format formatmessage
fulltextcatalogproperty fulltextserviceproperty get_bit get_filestream_transaction_context
getansinull grouping grouping_id has_dbaccess has_perms_by_name host_id index_col
indexkey_property indexproperty is_objectsigned is_rolemember isdate isjson
jaro_winkler_distance jaro_winkler_similarity json_array json_arrayagg json_contains
json_modify json_object json_objectagg json_path_exists json_query json_value key_guid key_id
key_name left_shift loginproperty next_value_for nchar newsequentialid
object_definition objectpropertyex opendatasource openjson openquery openrowset openxml
original_db_name parse parsename patindex permissions publishingservername pwdcompare
pwdencrypt rand regexp_count regexp_instr regexp_like regexp_replace regexp_substr right_shift
rowcount_big schema_id schema_name scope_identity session_context sessionproperty set_bit
signbyasymkey signbycert soundex stats_date str string_escape suser_id suser_name suser_sid
suser_sname symkeyproperty textptr textvalid translate trigger_nestlevel try_parse type_id
type_name typeproperty unistr user_id user_name vector_distance vector_norm vector_normalize
vectorproperty verifysignedbyasymkey verifysignedbycert xact_state
"""
FUNCTIONS: Final = frozenset(_FUNCTIONS.split())

_VARIABLES = """
@@connections @@cpu_busy @@cursor_rows @@datefirst @@dbts @@error @@fetch_status @@identity
@@idle @@io_busy @@langid @@language @@lock_timeout @@max_connections @@max_precision
@@microsoftversion @@nestlevel @@options @@pack_received @@pack_sent @@packet_errors @@procid
@@remserver @@rowcount @@servername @@servicename @@spid @@textsize @@timeticks @@total_errors
@@total_read @@total_write @@trancount @@version
"""
VARIABLES: Final = frozenset(_VARIABLES.split())

AGGREGATES: Final = frozenset({"percentile_cont", "percentile_disc", "checksum_agg"})

_TABLE_FUNCTIONS = """
containstable freetexttable openjson openquery openrowset opendatasource openxml
predict regexp_matches regexp_split_to_table semantickeyphrasetable semanticsimilaritytable
vector_search fn_my_permissions fn_helpcollations fn_listextendedproperty fn_builtin_permissions
fn_dblog fn_virtualfilestats dm_db_index_physical_stats dm_exec_sql_text dm_exec_query_plan
dm_db_stats_properties dm_exec_describe_first_result_set
"""
TABLE_FUNCTIONS: Final = frozenset(_TABLE_FUNCTIONS.split())

_OLD_VIEWS = """
sysaltfiles syscolumns syscomments sysconfigures sysconstraints syscurconfigs sysdatabases
sysdepends sysdevices sysfilegroups sysfiles sysforeignkeys sysfulltextcatalogs sysindexes
sysindexkeys syslanguages syslockinfo syslogins sysmembers sysmessages sysobjects sysoledbusers
sysperfinfo syspermissions sysprocesses sysprotects sysreferences sysremotelogins sysservers
systypes sysusers
"""
OLD_VIEWS: Final = frozenset(_OLD_VIEWS.split())
"""The compatibility views of SQL Server 2000, which need no schema before them."""
