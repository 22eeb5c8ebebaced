// One row of a table, raw: every cell as a number, where it is one, and as the text that stood there.
//
// An item of kind cells with F cells is: F float32 numbers (NaN: the cell is empty or no number), F uint32 text lengths
// in bytes, then the F texts one after the other. Its shape is {kUint8, {F, 1, 1}}; its bytes are as many as all that.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gulo {

std::vector<uint8_t> pack_cells(std::span<const std::string> cells);

class CellsView {
 public:
  // Throws Error (kData) where `bytes` are no packed row of n_cells.
  CellsView(std::span<const uint8_t> bytes, size_t n_cells);

  size_t size() const { return texts_.size(); }
  float number(size_t i) const { return numbers_[i]; }  // NaN: none
  std::string_view text(size_t i) const { return texts_[i]; }

 private:
  std::vector<float> numbers_;
  std::vector<std::string_view> texts_;
};

// The whole cell as a number, blanks around it allowed; NaN where it is none.
float cell_number(std::string_view text);

}  // namespace gulo
