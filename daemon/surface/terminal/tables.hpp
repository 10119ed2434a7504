// Rows in aligned columns, as `nowctl jobs` and `nowctl runs` print them.
#pragma once

#include <string>
#include <vector>

#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd {

struct TableCell {
  std::string text;  ///< printable
  Ink ink = Ink::plain;
};

/// The first row is the heading. Columns are as wide as their widest cell; on a terminal the line is clipped to its
/// width, because a wrapped table is none. Columns that are empty in all rows are left out.
std::string table_text(const std::vector<std::vector<TableCell>>& rows, const Style& style);

/// The rows of the views `jobs` and `runs` (LedgerReader); times in UTC.
std::string jobs_table(const std::vector<Json>& jobs, const Style& style);
std::string deliveries_table(const std::vector<Json>& deliveries, const Style& style);
/// Rows of the view `requests`.
std::string requests_table(const std::vector<Json>& requests, const Style& style);
/// What `nowctl prune` deleted, or would: rows of the view `retention` with counts; job null: what is
/// about several jobs or none.
std::string pruned_table(const std::vector<Json>& jobs, const Style& style);
std::string runs_table(const std::vector<Json>& runs, const Style& style);

}  // namespace nowd
