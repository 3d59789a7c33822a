;;; midfill-next.el --- The next edit  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The Midfill authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Asks where the text should change next, shows it in place, makes it.

;;; Code:

(require 'midfill-document)
(require 'midfill-ghost)
(require 'midfill-server)
(require 'seq)

(defface midfill-added '((t :inherit success))
  "Text that a next edit would add."
  :group 'midfill)

(defvar-local midfill--next nil "The next edit: (TICK EDITS OVERLAYS).")

(defun midfill--forget-next (&rest _)
  "Take the preview of the next edit away."
  (mapc #'delete-overlay (nth 2 midfill--next))
  (setq midfill--next nil))

(defun midfill--preview (edit)
  "Preview EDIT in place; return the overlay."
  (let* ((range (plist-get edit :range))
         (overlay (make-overlay (midfill--at (plist-get range :start))
                                (midfill--at (plist-get range :end)))))
    (overlay-put overlay 'face 'midfill-removed)
    (overlay-put overlay 'after-string (propertize (plist-get edit :text) 'face 'midfill-added))
    overlay))

(defun midfill--receive-next (buffer tick result)
  "Preview the edits of RESULT in BUFFER if it is as it was at TICK."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (midfill--forget-next)
      (let ((edits (seq-filter
                    (lambda (edit)
                      (equal (plist-get (plist-get edit :textDocument) :uri)
                             (midfill--buffer-uri)))
                    (plist-get result :edits))))
        (cond ((/= tick (buffer-chars-modified-tick)))
              ((null edits) (message "Midfill: no next edit"))
              (t (setq midfill--next (list tick edits (mapcar #'midfill--preview edits)))
                 (midfill--tell :textDocument/didShowInlineEdit (list :item (car edits)))))))))

(defun midfill-next-edit ()
  "Look for a next edit; jump to it; called there, make it at all its places."
  (interactive)
  (if (not (and midfill--next (= (car midfill--next) (buffer-chars-modified-tick))))
      (midfill--ask-next)
    (let* ((edits (nth 1 midfill--next))
           (starts (mapcar (lambda (edit)
                             (midfill--at (plist-get (plist-get edit :range) :start)))
                           edits)))
      (if (memql (line-number-at-pos) (mapcar #'line-number-at-pos starts))
          (midfill--make-next edits)
        (push-mark)
        (goto-char (car starts))))))

(defun midfill--ask-next ()
  "Ask for a next edit."
  (when-let ((connection (and midfill--document-version (midfill--connection))))
    (let ((buffer (current-buffer)) (tick (buffer-chars-modified-tick)))
      (jsonrpc-async-request
       connection :textDocument/copilotInlineEdit
       (list :textDocument (append (midfill--document) (list :version midfill--document-version))
             :position (midfill--position)
             :context (list :triggerKind 1)) ; by hand
       :success-fn (lambda (result) (midfill--receive-next buffer tick result))
       :error-fn (lambda (problem) (message "Midfill: %s" (plist-get problem :message)))
       :timeout 30))))

(defun midfill--make-next (edits)
  "Make EDITS, all or none, in one undo step."
  (midfill--forget-next)
  (midfill--make-edits (mapcar (lambda (edit)
                                 (list :range (plist-get edit :range)
                                       :newText (plist-get edit :text)))
                               edits))
  (mapc #'midfill--execute (delete-dups (mapcar (lambda (edit) (plist-get edit :command)) edits))))

(provide 'midfill-next)
;;; midfill-next.el ends here
