;;; midfill-next.el --- The next edit  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The Midfill authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Asks where the text should change next, shows it in place, makes it.

;;; Code:

(require 'cl-lib)
(require 'midfill-document)
(require 'midfill-ghost)
(require 'midfill-server)
(require 'seq)

(declare-function flymake-diagnostics "flymake")
(declare-function flymake-diagnostic-beg "flymake")
(declare-function flymake-diagnostic-end "flymake")
(declare-function flymake-diagnostic-text "flymake")
(declare-function flymake-diagnostic-type "flymake")

(defface midfill-added '((t :inherit success))
  "Text that a next edit would add."
  :group 'midfill)

(cl-defstruct midfill--offer
  "A next edit.
KIND is how its EDITS relate: \"alternatives\" (pick one), \"sequence\"
\(one by one) or \"atomic\" (all at once).  Each has an overlay in PLACES,
which moves with the text.  CHOSEN is the index of the one to go to.
TICK is the buffer's, and TOLD whether the server knows that it was
accepted."
  kind edits places (chosen 0) tick told)

(defvar-local midfill--next nil "The `midfill--offer' that is shown, or nil.")

(defvar midfill--making nil "Whether an edit is being made: what is left of it stays.")

(defun midfill--forget-next (&rest _)
  "Take the preview of the next edit away."
  (when (and midfill--next (not midfill--making))
    (mapc #'delete-overlay (midfill--offer-places midfill--next))
    (setq midfill--next nil)))

(defun midfill--place (edit)
  "An overlay where EDIT is to be made."
  (let ((range (plist-get edit :range)))
    (make-overlay (midfill--at (plist-get range :start)) (midfill--at (plist-get range :end)))))

(defun midfill--shown-p (offer index)
  "Whether the edit INDEX of OFFER is shown: of alternatives only one is."
  (or (not (equal (midfill--offer-kind offer) "alternatives"))
      (= index (midfill--offer-chosen offer))))

(defun midfill--draw-next (offer)
  "Show OFFER for the text as it is now."
  (setf (midfill--offer-tick offer) (buffer-chars-modified-tick))
  (setq midfill--next offer)
  (seq-do-indexed
   (lambda (place index)
     (let ((text (plist-get (nth index (midfill--offer-edits offer)) :text))
           (shown (midfill--shown-p offer index)))
       (overlay-put place 'face (and shown 'midfill-removed))
       (overlay-put place 'after-string (and shown (propertize text 'face 'midfill-added)))))
   (midfill--offer-places offer)))

(defun midfill--offer-of (result)
  "The offer in RESULT, nil when none of it can be made in this buffer."
  (let* ((edits (append (plist-get result :edits) nil))
         (own (seq-filter (lambda (edit)
                            (equal (plist-get (plist-get edit :textDocument) :uri)
                                   (midfill--buffer-uri)))
                          edits))
         (kind (or (plist-get (plist-get result :midfill) :kind) "alternatives")))
    (when (and own (or (not (equal kind "atomic")) (= (length own) (length edits))))
      (make-midfill--offer :kind kind :edits own :places (mapcar #'midfill--place own)))))

(defun midfill--receive-next (buffer tick result)
  "Preview the edits of RESULT in BUFFER if it is as it was at TICK."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (midfill--forget-next)
      (when (= tick (buffer-chars-modified-tick))
        (let ((offer (midfill--offer-of result)))
          (if (not offer)
              (message "Midfill: no next edit")
            (midfill--draw-next offer)
            (midfill--tell :textDocument/didShowInlineEdit
                           (list :item (car (midfill--offer-edits offer))))))))))

(defun midfill--current-next ()
  "The offer for the text as it is, or nil."
  (and midfill--next
       (= (midfill--offer-tick midfill--next) (buffer-chars-modified-tick))
       midfill--next))

(defun midfill-next-edit ()
  "Look for a next edit; jump to it; called there, make it.
What belongs together is made at all its places, in one undo step; of
the others the one at point."
  (interactive)
  (let ((offer (midfill--current-next)))
    (if (not offer)
        (midfill--ask-next)
      (let ((here (seq-find (lambda (index) (midfill--at-point-p offer index))
                            (number-sequence 0 (1- (length (midfill--offer-places offer)))))))
        (if here
            (midfill--make-next offer here)
          (midfill--jump-next offer))))))

(defun midfill-other-next-edit ()
  "Go to another alternative, or another place, of the next edit that is shown."
  (interactive)
  (let ((offer (midfill--current-next)))
    (when offer
      (setf (midfill--offer-chosen offer)
            (mod (1+ (midfill--offer-chosen offer)) (length (midfill--offer-places offer))))
      (midfill--draw-next offer)
      (midfill--jump-next offer))))

(defun midfill--at-point-p (offer index)
  "Whether the edit INDEX of OFFER is shown in point's line."
  (let ((place (nth index (midfill--offer-places offer))))
    (and (midfill--shown-p offer index)
         (<= (line-number-at-pos (overlay-start place))
             (line-number-at-pos)
             (line-number-at-pos (overlay-end place))))))

(defun midfill--jump-next (offer)
  "Go to the chosen place of OFFER."
  (push-mark)
  (goto-char (overlay-start (nth (midfill--offer-chosen offer) (midfill--offer-places offer)))))

(defun midfill--findings ()
  "Return what Flymake knows to be wrong in the buffer, as LSP diagnostics."
  (vconcat
   (mapcar (lambda (found)
             (list :range (list :start (midfill--position (flymake-diagnostic-beg found))
                                :end (midfill--position (flymake-diagnostic-end found)))
                   :message (flymake-diagnostic-text found)))
           ;; Of the type eglot-error, say, but no notes.
           (seq-filter (lambda (found)
                         (string-match-p "error\\|warning"
                                         (symbol-name (flymake-diagnostic-type found))))
                       (and (bound-and-true-p flymake-mode) (flymake-diagnostics))))))

(defun midfill--ask-next ()
  "Ask for a next edit."
  (when-let ((connection (and midfill--document-version (midfill--connection))))
    (let ((buffer (current-buffer)) (tick (buffer-chars-modified-tick)))
      (jsonrpc-async-request
       connection :textDocument/copilotInlineEdit
       (list :textDocument (append (midfill--document) (list :version midfill--document-version))
             :position (midfill--position)
             :context (list :triggerKind 1 ; by hand
                            :diagnostics (midfill--findings)))
       :success-fn (lambda (result) (midfill--receive-next buffer tick result))
       :error-fn (lambda (problem) (message "Midfill: %s" (plist-get problem :message)))
       :timeout 30))))

(defun midfill--make-next (offer index)
  "Make OFFER, all or none of it, in one undo step, or only its edit INDEX."
  (let* ((atomic (equal (midfill--offer-kind offer) "atomic"))
         (indexes (if atomic (number-sequence 0 (1- (length (midfill--offer-edits offer))))
                    (list index)))
         (command (plist-get (car (midfill--offer-edits offer)) :command))
         (midfill--making t))
    (midfill--make-edits
     (mapcar (lambda (one)
               (let ((place (nth one (midfill--offer-places offer))))
                 (list :range (list :start (midfill--position (overlay-start place))
                                    :end (midfill--position (overlay-end place)))
                       :newText (plist-get (nth one (midfill--offer-edits offer)) :text))))
             indexes))
    (unless (midfill--offer-told offer) (midfill--execute command))
    (setf (midfill--offer-told offer) t))
  (midfill--keep-rest offer index))

(defun midfill--keep-rest (offer made)
  "Of OFFER, whose edit MADE was made, show what still can be."
  (if (not (and (equal (midfill--offer-kind offer) "sequence") (cdr (midfill--offer-edits offer))))
      (midfill--forget-next)
    (delete-overlay (nth made (midfill--offer-places offer)))
    (cl-flet ((without (list) (append (seq-take list made) (seq-drop list (1+ made)))))
      (setf (midfill--offer-edits offer) (without (midfill--offer-edits offer))
            (midfill--offer-places offer) (without (midfill--offer-places offer))
            (midfill--offer-chosen offer) 0))
    (midfill--draw-next offer)))

(provide 'midfill-next)
;;; midfill-next.el ends here
