"""One of the two networks of an adversarial game, with what trains it."""

from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from colorgan.recipes import Optimiser, Run
from colorgan.training.optimising import LearningRate, build_optimiser
from colorgan.training.parallel import shared_over_batch

WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)  # not a shard: loads on any number of processes


def is_sharded(accelerator: Accelerator) -> bool:
    """Whether every process holds a part of the weights only (FSDP)."""
    return bool(accelerator.distributed_type == DistributedType.FSDP)


@dataclass
class Player:
    """A network as accelerate runs it here, its optimiser, its learning rate, and how its gradients are clipped."""

    accelerator: Accelerator
    network: Any  # prepared: DDP's or FSDP's wrapper has the attributes of neither `nn.Module` nor ours
    optimiser: Any
    learning_rate: LearningRate
    max_grad_norm: float  # 0: gradients are not clipped

    @classmethod
    def prepared(
        cls, accelerator: Accelerator, network: nn.Module, plan: Optimiser, run: Run, train_images: int
    ) -> "Player":
        """A network ready to train. One at a time with its optimiser, which FSDP asks for."""
        network = shared_over_batch(network, accelerator.num_processes, accelerator.device)
        network = network.to(accelerator.device).train()
        if run.channels_last:
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if run.torch_compile:
            network.compile()
        prepared, optimiser = accelerator.prepare(network, build_optimiser(network, plan))
        rate = LearningRate(optimiser, plan.schedule, train_images)
        return cls(accelerator, prepared, optimiser, rate, plan.max_grad_norm)

    def update(self) -> None:
        """Clip the gradients, step, and forget them."""
        if self.max_grad_norm:
            self.accelerator.clip_grad_norm_(self.network.parameters(), self.max_grad_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def weights(self) -> dict[str, Tensor]:
        """Whole, unwrapped weights; every process must call it, as sharded ones are gathered."""
        return dict(self.accelerator.get_state_dict(self.network))

    def optimiser_state(self) -> dict[str, Any]:
        """The optimiser's whole state; every process must call it, as a sharded one is gathered."""
        if not is_sharded(self.accelerator):
            return dict(self.optimiser.state_dict())
        return get_optimizer_state_dict(self.network, self.optimiser.optimizer, options=WHOLE)

    def load(self, weights: dict[str, Tensor], optimiser_state: dict[str, Any]) -> None:
        """Go on from whole weights and a whole optimiser state."""
        if is_sharded(self.accelerator):
            set_model_state_dict(self.network, dict(weights), options=WHOLE)
            set_optimizer_state_dict(self.network, self.optimiser.optimizer, optimiser_state, options=WHOLE)
        else:
            self.accelerator.unwrap_model(self.network).load_state_dict(weights)
            self.optimiser.load_state_dict(optimiser_state)
