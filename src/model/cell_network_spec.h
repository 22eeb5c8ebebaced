// What the deep part for cells (rows of tables) is, in plain structs that round-trip through JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "data/task.h"

namespace gulo {

// What the network looks at of a column's cells; any of the three may be off.
struct CellColumnSpec {
  bool number = false;  // the number: bends and waves
  bool value = false;   // the whole cell: one embedding a value, for values that repeat
  bool text = false;    // the cell's n-grams of bytes
  bool operator==(const CellColumnSpec&) const = default;
};

// Stem over the columns -> members, each with its own blocks, a linear head and a neighbour head over remembered rows
// (engine/net/cell_network.h).
struct CellNetworkSpec {
  static constexpr int kMaxColumns = 65536, kMaxMembers = 256, kMaxRemembered = 1 << 20;

  std::vector<CellColumnSpec> columns;
  int n_knots = 49;          // places at which a number's embedding may bend
  int n_waves = 8;           // pairs of sine and cosine a number column
  int log2_rows = 12;        // hashed rows of embeddings, for whole cells and n-grams
  int embedding_width = 16;  // of such a row
  int n_members = 8;
  int member_width = 64;         // channels of a member
  int hidden_width = 128;        // channels inside a member's blocks
  int depth = 1;                 // blocks a member
  int n_remembered = 0;          // training rows that the neighbour heads compare with; 0: no neighbour heads
  int n_remembered_lookups = 0;  // hashed rows of embeddings that they name, together
  int n_labels = 0;
  Task task = Task::kLabel;  // what is remembered of rows, and how heads are combined; "task" where it is another

  int n_numbers() const;  // columns with `number`
  int n_lookups() const;  // embeddings a row: one a column with `value`, one a column with `text`
};

nlohmann::json to_json(const CellNetworkSpec& spec);
// Throws Error (kData) that names the field: absent, of the wrong type, out of range, or not of so many labels.
CellNetworkSpec cell_network_from_json(const nlohmann::json& object, size_t n_labels);

}  // namespace gulo
