#include "engine/train/deep_setup.h"

#include <algorithm>
#include <stdexcept>
#include <variant>

#include "engine/train/cell_plan.h"
#include "engine/train/deep_plan.h"
#include "engine/train/fields_plan.h"
#include "engine/train/pixel_plan.h"
#include "engine/train/sample_plan.h"

namespace gulo {

std::vector<double> epochs_to_try(Kind kind) {
  return kind == Kind::kCells ? std::vector<double>{6, 15, 36, 90} : std::vector<double>{};
}

bool knows_number_values(const DeepNetwork& network) {
  const DeepSpec spec = network.saved_spec();
  const auto* cells = std::get_if<CellNetworkSpec>(&spec);
  return cells && std::ranges::any_of(cells->columns,
                                      [](const CellColumnSpec& column) { return column.number && column.value; });
}

DeepSetup setup_deep(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options) {
  switch (corpus.kind) {
    case Kind::kBytes:
      return setup_bytes(corpus, train, options);
    case Kind::kSamples:
      return setup_samples(corpus, train, options);
    case Kind::kPixels:
      return setup_pixels(corpus, train, options);
    case Kind::kCells:
      return setup_cells(corpus, train, options);
    case Kind::kFields:
      return setup_fields(corpus, train, options);
  }
  throw std::logic_error("no network for this kind");
}

}  // namespace gulo
