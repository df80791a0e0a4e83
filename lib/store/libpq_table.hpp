// What the program uses of libpq: a table of its functions. libpq costs 25 shared objects, so that
// the program is not linked to it; the module (libpq_module.cpp) is, and hands this table over.
// Only C goes through it: nothing of C++'s library, which the program may hold a copy of its own
// of, and no exception.
#pragma once

#include <cstddef>
#include <libpq-fe.h>

namespace mtls::store {

struct LibpqTable {
  std::size_t size;  // of this struct, first: module and program must come from one build
  decltype(&PQconnectdbParams) connectdb_params;
  decltype(&PQfinish) finish;
  decltype(&PQstatus) status;
  decltype(&PQtransactionStatus) transaction_status;
  decltype(&PQerrorMessage) error_message;
  decltype(&PQhost) host;
  decltype(&PQsslInUse) ssl_in_use;
  decltype(&PQsetNoticeProcessor) set_notice_processor;
  decltype(&PQsetnonblocking) set_nonblocking;
  decltype(&PQsocket) socket;
  decltype(&PQflush) flush;
  decltype(&PQconsumeInput) consume_input;
  decltype(&PQisBusy) is_busy;
  decltype(&PQsendQuery) send_query;
  decltype(&PQsendPrepare) send_prepare;
  decltype(&PQsendQueryPrepared) send_query_prepared;
  decltype(&PQsetSingleRowMode) set_single_row_mode;
  decltype(&PQgetResult) get_result;
  decltype(&PQenterPipelineMode) enter_pipeline_mode;
  decltype(&PQexitPipelineMode) exit_pipeline_mode;
  decltype(&PQpipelineSync) pipeline_sync;
  decltype(&PQresultStatus) result_status;
  decltype(&PQresultErrorField) result_error_field;
  decltype(&PQresultErrorMessage) result_error_message;
  decltype(&PQntuples) ntuples;
  decltype(&PQnfields) nfields;
  decltype(&PQfname) fname;
  decltype(&PQftype) ftype;
  decltype(&PQgetisnull) getisnull;
  decltype(&PQgetvalue) getvalue;
  decltype(&PQgetlength) getlength;
  decltype(&PQcmdStatus) cmd_status;
  decltype(&PQcmdTuples) cmd_tuples;
  decltype(&PQclear) clear;
};

/// The one symbol of the module.
inline constexpr const char* k_libpq_table_symbol = "mtlsctl_libpq_table";
using GetLibpqTable = const LibpqTable* (*)();

}  // namespace mtls::store
