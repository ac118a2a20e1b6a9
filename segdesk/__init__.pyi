from segdesk.api import ClassInfo as ClassInfo
from segdesk.api import ClassSet as ClassSet
from segdesk.api import Picture as Picture
from segdesk.api import Project as Project
from segdesk.api import SegDeskError as SegDeskError
from segdesk.api import Segment as Segment
from segdesk.api import Segmentation as Segmentation
from segdesk.api import formats as formats
from segdesk.api import models as models
from segdesk.api import open as open
from segdesk.api import samples as samples

__version__: str
__all__: list[str]
