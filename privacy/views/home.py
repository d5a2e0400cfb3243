"""Where a customer finds its rights."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import member_page
from customers.models import Member


@require_safe
@member_page(restricted=True)
def home(request: HttpRequest, member: Member) -> HttpResponse:
    return render(request, "privacy/home.html", {"member": member})
