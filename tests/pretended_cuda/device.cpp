// A CUDA device pretended in PyTorch's CPU build: its memory is the processor's, and its kernels are
// the CPU's, called by a fallback that first refuses what a GPU refuses. It counts what is launched,
// copied and waited for, and can capture a graph: nothing that is captured has run before a replay.

#include <ATen/Context.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <unordered_map>

namespace {

using c10::IValue;
using Stack = torch::jit::Stack;

const at::Device CARD(at::kCUDA, 0);

struct Node { // of a graph: a call as it was made, and the memory of what it made
  c10::OperatorHandle op;
  Stack arguments;
  std::vector<at::Tensor> made;
};

struct State {
  std::recursive_mutex lock;
  std::map<std::string, int64_t> launches;
  std::map<std::string, int64_t> others; // copies, synchronisations, replays, allocations
  int64_t total = int64_t(16) << 30, held = 0, peak = 0;
  std::string failure;
  bool tracing = false;
  std::vector<std::string> trace;
  std::unordered_map<const void*, int64_t> fresh; // what was allocated since the trace began
  bool capturing = false, invalid = false;
  std::vector<Node> captured;
  std::set<const c10::GeneratorImpl*> registered;
  std::set<const c10::GeneratorImpl*> stuck; // in a capture that failed, as PyTorch leaves them
  std::map<int64_t, std::vector<Node>> graphs;
  std::map<int64_t, std::set<const c10::GeneratorImpl*>> streams; // of random numbers
};

State& state() {
  static State* kept = new State();
  return *kept;
}

using Guard = std::lock_guard<std::recursive_mutex>;

[[noreturn]] void cuda_error(int code, const std::string& what) {
  throw c10::AcceleratorError({__func__, __FILE__, __LINE__}, code, "CUDA error: " + what);
}

void check_alive() {
  if (!state().failure.empty()) {
    cuda_error(700, state().failure);
  }
}

void not_in_capture(const std::string& what) {
  if (state().capturing) {
    state().invalid = true;
    cuda_error(900, "operation not permitted when stream is capturing (" + what + ")");
  }
}

void synchronise(const std::string& what) {
  Guard guard(state().lock);
  check_alive();
  not_in_capture(what);
  state().others["synchronisations"]++;
}

// ---------------------------------------------------------------- memory

struct Block {
  void* data;
  int64_t bytes;
};

void release(void* context) {
  auto* block = static_cast<Block*>(context);
  Guard guard(state().lock);
  state().held -= block->bytes;
  state().fresh.erase(block->data);
  std::free(block->data);
  delete block;
}

void account(const void* data, int64_t bytes) {
  state().held += bytes;
  state().peak = std::max(state().peak, state().held);
  if (state().tracing) {
    int64_t number = state().others["allocations traced"]++;
    state().fresh[data] = number;
  }
}

void check_room(int64_t bytes) {
  if (state().held + bytes > state().total) {
    std::ostringstream told;
    told << "CUDA out of memory. Tried to allocate " << bytes / 1048576.0
         << " MiB. GPU 0 has a total capacity of " << state().total / 1048576.0
         << " MiB of which " << (state().total - state().held) / 1048576.0 << " MiB is free.";
    TORCH_CHECK_WITH(OutOfMemoryError, false, told.str());
  }
}

struct Memory : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    Guard guard(state().lock);
    check_alive();
    if (bytes == 0) {
      return {nullptr, CARD};
    }
    check_room(bytes);
    void* data = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
    account(data, bytes);
    return {data, new Block{data, int64_t(bytes)}, &release, CARD};
  }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

Memory memory;

struct Pinned : c10::Allocator {
  std::set<const void*> known;
  c10::DataPtr allocate(size_t bytes) override {
    void* data = std::aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    known.insert(data);
    return {data, data, &Pinned::free, at::kCPU};
  }
  static void free(void* data);
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

Pinned pinned;

void Pinned::free(void* data) {
  pinned.known.erase(data);
  std::free(data);
}

// ---------------------------------------------------------------- random numbers

struct Random : c10::GeneratorImpl { // the CPU's numbers, so that runs can be compared bit by bit
  at::Generator inner;
  explicit Random(at::Generator from)
      : c10::GeneratorImpl(CARD, c10::DispatchKeySet(c10::DispatchKey::CUDA)),
        inner(std::move(from)) {}
  ~Random() override { // its address may be another's soon
    Guard guard(state().lock);
    state().registered.erase(this);
    state().stuck.erase(this);
  }
  void set_current_seed(uint64_t seed) override { inner.set_current_seed(seed); }
  void set_offset(uint64_t offset) override { inner.set_offset(offset); }
  uint64_t get_offset() const override { return inner.get_offset(); }
  uint64_t current_seed() const override { return inner.current_seed(); }
  uint64_t seed() override { return inner.seed(); }
  void set_state(const c10::TensorImpl& to) override { inner.unsafeGetGeneratorImpl()->set_state(to); }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override {
    return inner.unsafeGetGeneratorImpl()->get_state();
  }
  Random* clone_impl() const override { return new Random(inner.clone()); }
};

const at::Generator& default_generator() {
  static at::Generator made = at::make_generator<Random>(at::detail::createCPUGenerator());
  return made;
}

at::Generator inner_of(const at::Generator& given) {
  auto* random = dynamic_cast<Random*>(given.unsafeGetGeneratorImpl());
  TORCH_CHECK(
      random != nullptr, "Expected a 'cuda' device type for generator but found 'cpu'");
  bool known = random == default_generator().unsafeGetGeneratorImpl() ||
      state().registered.count(random) > 0;
  if (state().capturing && !known) {
    state().invalid = true;
    TORCH_CHECK(
        false, "Attempt to increase offset for a CUDA generator not registered to the capture");
  }
  TORCH_CHECK(
      state().capturing || !state().stuck.count(random),
      "Offset increment outside graph capture encountered unexpectedly.");
  return random->inner;
}

// ---------------------------------------------------------------- calls

struct Host { // the arguments of a call as the CPU's kernels take them: the same memory
  std::unordered_map<const c10::StorageImpl*, c10::Storage> there;
  std::unordered_map<const c10::StorageImpl*, c10::Storage> back;
  std::vector<std::pair<at::Tensor, at::Tensor>> pairs; // on the card, on the CPU

  at::Tensor take(const at::Tensor& given) {
    if (!given.defined() || !given.is_cuda()) {
      return given;
    }
    const c10::Storage& storage = given.storage();
    auto found = there.find(storage.unsafeGetStorageImpl());
    if (found == there.end()) {
      c10::DataPtr data(
          storage.mutable_data(), new c10::Storage(storage),
          [](void* kept) { delete static_cast<c10::Storage*>(kept); }, at::kCPU);
      c10::Storage host(
          c10::Storage::use_byte_size_t(), storage.nbytes(), std::move(data),
          c10::GetAllocator(at::kCPU), true);
      found = there.emplace(storage.unsafeGetStorageImpl(), host).first;
      back.emplace(host.unsafeGetStorageImpl(), storage);
    }
    auto made = at::detail::make_tensor<c10::TensorImpl>(
        c10::Storage(found->second), c10::DispatchKeySet(c10::DispatchKey::CPU), given.dtype());
    made.unsafeGetTensorImpl()->set_sizes_and_strides(
        given.sizes(), given.strides(), given.storage_offset());
    pairs.emplace_back(given, made);
    return made;
  }

  at::Tensor give(const at::Tensor& made) {
    if (!made.defined()) {
      return made;
    }
    for (const auto& [card, cpu] : pairs) {
      if (cpu.is_same(made)) {
        return card;
      }
    }
    auto known = back.find(made.storage().unsafeGetStorageImpl());
    c10::Storage storage = known != back.end() ? known->second : uploaded(made.storage());
    auto given = at::detail::make_tensor<c10::TensorImpl>(
        std::move(storage), c10::DispatchKeySet(c10::DispatchKey::CUDA), made.dtype());
    given.unsafeGetTensorImpl()->set_sizes_and_strides(
        made.sizes(), made.strides(), made.storage_offset());
    return given;
  }

  static c10::Storage uploaded(const c10::Storage& from) {
    check_room(from.nbytes());
    c10::Storage to(
        c10::Storage::use_byte_size_t(), from.nbytes(), memory.allocate(from.nbytes()), &memory,
        true);
    if (from.nbytes()) {
      std::memcpy(to.mutable_data(), from.data(), from.nbytes());
    }
    return to;
  }

  void fit() { // outputs that the CPU's kernel has given another size
    for (auto& [card, cpu] : pairs) {
      if (card.sizes() != cpu.sizes()) {
        at::native::resize_(card, cpu.sizes());
        Host().take(card).copy_(cpu);
      }
    }
  }
};

template <class Change>
IValue changed(const IValue& value, Change change) {
  if (value.isTensor()) {
    return change(value.toTensor());
  }
  if (value.isTensorList()) {
    c10::List<at::Tensor> list;
    for (const at::Tensor& each : value.toTensorList()) {
      list.push_back(change(each));
    }
    return list;
  }
  if (value.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> list;
    for (const std::optional<at::Tensor>& each : value.toOptionalTensorList()) {
      list.push_back(each ? std::optional<at::Tensor>(change(*each)) : std::nullopt);
    }
    return list;
  }
  return value;
}

void each_tensor(const Stack& values, const std::function<void(const at::Tensor&)>& see) {
  for (const IValue& value : values) {
    changed(value, [&](const at::Tensor& tensor) {
      if (tensor.defined()) {
        see(tensor);
      }
      return tensor;
    });
  }
}

bool wants_generator(const c10::Argument& argument) {
  return argument.type()->str().find("Generator") != std::string::npos;
}

// Calls the CPU's kernel, and puts what it gives in the place of the arguments.
void compute(const c10::OperatorHandle& op, Stack& values) {
  at::AutoDispatchBelowAutograd below;
  Host host;
  Stack given;
  const auto& arguments = op.schema().arguments();
  for (size_t index = 0; index < values.size(); ++index) {
    const IValue& value = values[index];
    if (wants_generator(arguments[index])) {
      given.push_back(inner_of(value.isNone() ? default_generator() : value.toGenerator()));
    } else if (value.isDevice() && value.toDevice().is_cuda()) {
      given.push_back(at::Device(at::kCPU));
    } else {
      given.push_back(changed(value, [&](const at::Tensor& each) { return host.take(each); }));
    }
  }
  op.callBoxed(given);
  host.fit();
  values.clear();
  for (const IValue& value : given) {
    values.push_back(changed(value, [&](const at::Tensor& each) { return host.give(each); }));
  }
}

// What a real device does at once and this one too: it waits for the result to know its size.
const std::set<std::string> WAITING = {
    "aten::nonzero", "aten::masked_select", "aten::_unique2", "aten::unique_dim",
    "aten::unique_consecutive", "aten::equal", "aten::is_set_to", "aten::repeat_interleave"};

// Sums by atomic additions, or whatever else PyTorch says may vary: refused where a test has asked
// for deterministic algorithms, also what PyTorch would do in another way then.
const std::set<std::string> VARYING = {
    "aten::histc", "aten::cumsum", "aten::put_", "aten::kthvalue", "aten::median",
    "aten::nll_loss2d_forward", "aten::_ctc_loss", "aten::grid_sampler_2d_backward",
    "aten::scatter_add", "aten::scatter_reduce", "aten::index_add", "aten::index_reduce",
    "aten::embedding_dense_backward", "aten::bincount", "aten::_upsample_bilinear2d_aa_backward"};

void check_devices(const std::string& name, const Stack& values) {
  bool indexes = name == "aten::index" || name == "aten::index_put_" ||
      name == "aten::_index_put_impl_" || name == "aten::index_put";
  each_tensor(values, [&](const at::Tensor& each) {
    if (each.is_cuda() || each.is_meta()) {
      if (indexes && each.scalar_type() == at::kBool) {
        synchronise(name + " by a mask");
      }
      return;
    }
    if (indexes) { // by numbers that lie on the CPU: they are copied first
      not_in_capture(name + " by numbers on the CPU");
      state().others["copies from the host"]++;
      return;
    }
    TORCH_CHECK(
        each.dim() == 0,
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and "
        "cpu! (", name, ")");
  });
}

std::string place(const at::Tensor& each) {
  const void* data = each.storage().data();
  std::ostringstream told;
  auto fresh = state().fresh.find(data);
  if (!each.is_cuda()) {
    told << "number";
  } else if (fresh != state().fresh.end()) {
    told << "new " << fresh->second;
  } else {
    told << data;
  }
  told << '+' << each.storage_offset() << each.sizes();
  return told.str();
}

void note(const c10::OperatorHandle& op, const Stack& values) {
  std::ostringstream told;
  told << op.schema().name() << '.' << op.schema().overload_name();
  for (const IValue& value : values) {
    told << ' ';
    if (value.isTensor() || value.isTensorList() || value.isOptionalTensorList()) {
      each_tensor({value}, [&](const at::Tensor& each) { told << place(each); });
    } else if (!value.isGenerator()) {
      told << value;
    }
  }
  state().trace.push_back(told.str());
}

struct Snapshot { // what a captured call must leave as it is, though here it runs for its shapes
  std::vector<std::pair<at::Tensor, at::Tensor>> memory;
  std::vector<std::pair<at::Generator, at::Tensor>> random;

  Snapshot(const c10::OperatorHandle& op, const Stack& values) {
    const auto& arguments = op.schema().arguments();
    for (size_t index = 0; index < values.size(); ++index) {
      const auto* alias = arguments[index].alias_info();
      if (alias && alias->isWrite()) {
        each_tensor({values[index]}, [&](const at::Tensor& each) {
          at::Tensor cpu = Host().take(each);
          memory.emplace_back(cpu, cpu.clone());
        });
      }
      if (wants_generator(arguments[index])) {
        at::Generator used = inner_of(
            values[index].isNone() ? default_generator() : values[index].toGenerator());
        random.emplace_back(used, used.get_state());
      }
    }
  }
  void restore() {
    at::AutoDispatchBelowAutograd below;
    for (auto& [cpu, before] : memory) {
      cpu.copy_(before);
    }
    for (auto& [used, before] : random) {
      used.set_state(before);
    }
  }
};

void launch(const c10::OperatorHandle& op, Stack& values) {
  Guard guard(state().lock);
  check_alive();
  const std::string& name = op.schema().name();
  if (state().capturing && state().invalid) {
    cuda_error(901, "operation failed due to a previous error during capture");
  }
  check_devices(name, values);
  if (WAITING.count(name)) {
    synchronise(name);
  }
  TORCH_CHECK(
      !at::globalContext().deterministicAlgorithms() || !VARYING.count(name), name,
      " does not have a deterministic implementation, but you set "
      "'torch.use_deterministic_algorithms(True)'");
  if (state().tracing) {
    note(op, values);
  }
  if (!state().capturing) {
    compute(op, values);
    bool makes = values.empty(); // for no elements nothing is launched
    each_tensor(values, [&](const at::Tensor& each) { makes |= each.numel() > 0; });
    if (makes) {
      state().launches[name]++;
    }
    return;
  }
  Node node{op, values, {}};
  Snapshot before(op, values);
  compute(op, values);
  before.restore();
  each_tensor(values, [&](const at::Tensor& each) {
    bool own = true;
    each_tensor(node.arguments, [&](const at::Tensor& given) { own &= !given.is_same(each); });
    if (own) {
      node.made.push_back(each);
    }
  });
  state().others["captured"]++;
  state().captured.push_back(std::move(node));
}

void fallback(const c10::OperatorHandle& op, Stack* stack) {
  size_t count = op.schema().arguments().size();
  Stack values(stack->end() - count, stack->end());
  launch(op, values);
  stack->erase(stack->end() - count, stack->end());
  stack->insert(stack->end(), values.begin(), values.end());
}

void replay(int64_t number) {
  Guard guard(state().lock);
  check_alive();
  state().others["replays"]++;
  state().registered = state().streams.at(number);
  for (const Node& node : state().graphs.at(number)) {
    Stack values = node.arguments;
    compute(node.op, values);
    size_t next = 0;
    each_tensor(values, [&](const at::Tensor& each) {
      bool own = true;
      each_tensor(node.arguments, [&](const at::Tensor& given) { own &= !given.is_same(each); });
      if (own) {
        at::AutoDispatchBelowAutograd below;
        Host().take(node.made.at(next++)).copy_(Host().take(each));
      }
    });
  }
}

// ---------------------------------------------------------------- what needs no kernel

c10::ScalarType type_of(std::optional<at::ScalarType> given) {
  return given.value_or(at::typeMetaToScalarType(at::get_default_dtype()));
}

const c10::DispatchKeySet ON_CARD(c10::DispatchKey::CUDA);

at::Tensor empty(
    at::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
    std::optional<at::Device>, std::optional<bool> pin, std::optional<at::MemoryFormat> format) {
  TORCH_CHECK(!pin.value_or(false), "Only dense CPU tensors can be pinned");
  return at::detail::empty_generic(size, &memory, ON_CARD, type_of(dtype), format);
}

at::Tensor empty_strided(
    at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> dtype,
    std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &memory, ON_CARD, type_of(dtype));
}

at::Tensor& copy(at::Tensor& self, const at::Tensor& from, bool non_blocking) {
  static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("aten::copy_", "");
  if (self.is_cuda() && from.is_cuda()) {
    Stack values{self, from, non_blocking};
    launch(op, values);
    return self;
  }
  Guard guard(state().lock);
  check_alive();
  const at::Tensor& cpu = self.is_cuda() ? from : self;
  bool waits = !(non_blocking && cpu.is_pinned());
  if (waits) {
    not_in_capture(self.is_cuda() ? "a copy from the host" : "a copy to the host");
  }
  state().others[self.is_cuda() ? "copies from the host" : "copies to the host"]++;
  if (waits && !self.is_cuda()) {
    state().others["synchronisations"]++;
  }
  TORCH_CHECK(!state().capturing, "this pretended device captures no copies from pinned memory");
  at::AutoDispatchBelowAutograd below;
  Host host;
  host.take(self).copy_(host.take(from));
  return self;
}

at::Scalar number_of(const at::Tensor& self) {
  synchronise("a number read by the host");
  at::AutoDispatchBelowAutograd below;
  return Host().take(self).item();
}

const at::Tensor& resize(
    const at::Tensor& self, at::IntArrayRef size, std::optional<at::MemoryFormat> format) {
  return at::native::resize_(self, size, format);
}

at::Tensor& set_storage(
    at::Tensor& self, at::Storage source, int64_t offset, at::IntArrayRef size,
    at::IntArrayRef stride) {
  return at::native::set_storage_cpu_(self, std::move(source), offset, size, stride);
}

at::Tensor as_strided(
    const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef stride,
    std::optional<int64_t> offset) {
  return at::native::as_strided_tensorimpl(self, size, stride, offset);
}

void record_stream(at::Tensor&, at::Stream) {}

// ---------------------------------------------------------------- the device

std::atomic<int64_t> events{0};

struct Card final : c10::impl::DeviceGuardImplInterface {
  at::DeviceType type() const override { return at::kCUDA; }
  at::Device exchangeDevice(at::Device) const override { return CARD; }
  at::Device getDevice() const override { return CARD; }
  void setDevice(at::Device to) const override {
    if (to.index() > 0) {
      cuda_error(101, "invalid device ordinal");
    }
  }
  void uncheckedSetDevice(at::Device) const noexcept override {}
  at::Stream getStream(at::Device) const override { return at::Stream(at::Stream::DEFAULT, CARD); }
  at::Stream getDefaultStream(at::Device) const override { return at::Stream(at::Stream::DEFAULT, CARD); }
  at::Stream getStreamFromGlobalPool(at::Device, bool) const override {
    return at::Stream(at::Stream::DEFAULT, CARD);
  }
  at::Stream exchangeStream(at::Stream) const override { return at::Stream(at::Stream::DEFAULT, CARD); }
  at::DeviceIndex deviceCount() const noexcept override { return 1; }
  void record(void** event, const at::Stream&, at::DeviceIndex, c10::EventFlag) const override {
    *event = reinterpret_cast<void*>(++events);
  }
  void block(void*, const at::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void*, at::DeviceIndex) const noexcept override {}
  bool queryStream(const at::Stream&) const override { return true; }
  bool isStreamCapturing(const at::Stream&) const override { return state().capturing; }
  void synchronizeStream(const at::Stream&) const override { synchronise("a stream"); }
  void synchronizeEvent(void*) const override { synchronise("an event"); }
  void synchronizeDevice(at::DeviceIndex) const override { synchronise("the device"); }
};

c10::impl::DeviceGuardImplRegistrar registered(at::kCUDA, new Card());

struct CUDAHooks : at::CUDAHooksInterface {
  explicit CUDAHooks(at::CUDAHooksArgs) {}
  void init() const override {}
  bool hasCUDA() const override { return true; }
  bool hasCUDART() const override { return true; }
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  at::DeviceIndex deviceCount() const override { return 1; }
  int getNumGPUs() const override { return 1; }
  bool hasPrimaryContext(at::DeviceIndex) const override { return true; }
  at::DeviceIndex getCurrentDevice() const override { return 0; }
  at::DeviceIndex current_device() const override { return 0; }
  at::Device getDeviceFromPtr(void*) const override { return CARD; }
  const at::Generator& getDefaultGenerator(at::DeviceIndex) const override {
    return default_generator();
  }
  at::Generator getNewGenerator(at::DeviceIndex) const override {
    return at::make_generator<Random>(at::detail::createCPUGenerator());
  }
  c10::Allocator* getPinnedMemoryAllocator() const override { return &pinned; }
  c10::Allocator* getCUDADeviceAllocator() const override { return &memory; }
  bool isPinnedPtr(const void* data) const override { return pinned.known.count(data) > 0; }
  void deviceSynchronize(at::DeviceIndex) const override { synchronise("the device"); }
};

std::string counts() {
  Guard guard(state().lock);
  std::ostringstream told;
  told << "{\"launches\": {";
  const char* comma = "";
  for (const auto& [name, count] : state().launches) {
    told << comma << '"' << name << "\": " << count;
    comma = ", ";
  }
  told << "}";
  for (const auto& [name, count] : state().others) {
    told << ", \"" << name << "\": " << count;
  }
  told << "}";
  return told.str();
}

void forget_counts() {
  Guard guard(state().lock);
  state().launches.clear();
  state().others.clear();
}

void begin_trace() {
  Guard guard(state().lock);
  state().tracing = true;
  state().trace.clear();
  state().fresh.clear();
  state().others.erase("allocations traced");
}

std::vector<std::string> end_trace() {
  Guard guard(state().lock);
  state().tracing = false;
  return state().trace;
}

void register_generator(std::optional<at::Generator> given) {
  Guard guard(state().lock);
  state().registered.insert(given.value().unsafeGetGeneratorImpl());
}

void begin_capture() {
  Guard guard(state().lock);
  check_alive();
  TORCH_CHECK(!state().capturing, "a capture is under way");
  state().capturing = true;
  state().invalid = false;
  state().captured.clear();
}

int64_t end_capture() {
  Guard guard(state().lock);
  static int64_t next = 0;
  state().capturing = false;
  std::vector<Node> nodes = std::move(state().captured);
  state().captured.clear();
  auto streams = std::move(state().registered);
  state().registered.clear();
  if (state().invalid) {
    state().stuck.insert(streams.begin(), streams.end());
    cuda_error(901, "operation failed due to a previous error during capture");
  }
  state().graphs[++next] = std::move(nodes);
  state().streams[next] = std::move(streams);
  return next;
}

void forget_graph(int64_t number) {
  Guard guard(state().lock);
  state().graphs.erase(number);
  state().streams.erase(number);
}

std::vector<int64_t> memory_bytes() {
  Guard guard(state().lock);
  return {state().held, state().peak, state().total};
}

void set_memory(int64_t total) {
  Guard guard(state().lock);
  state().total = total;
}

void seed(int64_t to) {
  default_generator().unsafeGetGeneratorImpl()->set_current_seed(to);
}

void forget_peak() {
  Guard guard(state().lock);
  state().peak = state().held;
}

void fail(std::string how) {
  Guard guard(state().lock);
  state().failure = std::move(how);
}

bool is_capturing() {
  return state().capturing;
}

} // namespace

namespace at {
using ::CUDAHooks; // PyTorch asks for it by this name
REGISTER_CUDA_HOOKS(CUDAHooks)
} // namespace at

TORCH_LIBRARY_IMPL(_, CUDA, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("copy_", copy);
  m.impl("_local_scalar_dense", number_of);
  m.impl("resize_", resize);
  m.impl("set_.source_Storage_storage_offset", set_storage);
  m.impl("as_strided", as_strided);
  m.impl("view", [](const at::Tensor& self, at::IntArrayRef size) {
    return at::native::view(self, size);
  });
  m.impl("_reshape_alias", [](const at::Tensor& self, at::IntArrayRef size, at::IntArrayRef by) {
    return at::native::_reshape_alias(self, size, by);
  });
  m.impl("unfold", [](const at::Tensor& self, int64_t axis, int64_t size, int64_t step) {
    return at::native::unfold(self, axis, size, step);
  });
  m.impl("record_stream", record_stream);
}

TORCH_LIBRARY(pretended, m) {
  m.def("counts() -> str", counts);
  m.def("forget_counts() -> ()", forget_counts);
  m.def("begin_trace() -> ()", begin_trace);
  m.def("end_trace() -> str[]", end_trace);
  m.def("synchronise(str what) -> ()", synchronise);
  m.def("register_generator(Generator? given) -> ()", register_generator);
  m.def("begin_capture() -> ()", begin_capture);
  m.def("end_capture() -> int", end_capture);
  m.def("is_capturing() -> bool", is_capturing);
  m.def("replay(int number) -> ()", replay);
  m.def("forget_graph(int number) -> ()", forget_graph);
  m.def("memory_bytes() -> int[]", memory_bytes);
  m.def("set_memory(int total) -> ()", set_memory);
  m.def("seed(int to) -> ()", seed);
  m.def("forget_peak() -> ()", forget_peak);
  m.def("fail(str how) -> ()", fail);
}
