// The module mtlsctl-postgresql.so: libpq, as a table. Loaded by libpq.cpp alone.
#include "store/libpq_table.hpp"

extern "C" [[gnu::visibility("default")]] const mtls::store::LibpqTable* mtlsctl_libpq_table() {
  static constexpr mtls::store::LibpqTable k_table{
      .size = sizeof(mtls::store::LibpqTable),
      .connectdb_params = &PQconnectdbParams,
      .finish = &PQfinish,
      .status = &PQstatus,
      .transaction_status = &PQtransactionStatus,
      .error_message = &PQerrorMessage,
      .host = &PQhost,
      .ssl_in_use = &PQsslInUse,
      .set_notice_processor = &PQsetNoticeProcessor,
      .set_nonblocking = &PQsetnonblocking,
      .socket = &PQsocket,
      .flush = &PQflush,
      .consume_input = &PQconsumeInput,
      .is_busy = &PQisBusy,
      .send_query = &PQsendQuery,
      .send_prepare = &PQsendPrepare,
      .send_query_prepared = &PQsendQueryPrepared,
      .set_single_row_mode = &PQsetSingleRowMode,
      .get_result = &PQgetResult,
      .enter_pipeline_mode = &PQenterPipelineMode,
      .exit_pipeline_mode = &PQexitPipelineMode,
      .pipeline_sync = &PQpipelineSync,
      .result_status = &PQresultStatus,
      .result_error_field = &PQresultErrorField,
      .result_error_message = &PQresultErrorMessage,
      .ntuples = &PQntuples,
      .nfields = &PQnfields,
      .fname = &PQfname,
      .ftype = &PQftype,
      .getisnull = &PQgetisnull,
      .getvalue = &PQgetvalue,
      .getlength = &PQgetlength,
      .cmd_status = &PQcmdStatus,
      .cmd_tuples = &PQcmdTuples,
      .clear = &PQclear,
  };
  return &k_table;
}
