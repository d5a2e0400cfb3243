"""Support's pages of the register; importing this registers them."""

from subprocessors.admin.notices import NoticePages, ObjectionPages
from subprocessors.admin.register import EngagementPages, SubprocessorPages

__all__ = ["EngagementPages", "NoticePages", "ObjectionPages", "SubprocessorPages"]
